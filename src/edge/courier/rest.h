#pragma once
// How long a service asked to be left alone: "429, Retry-After: 30" (RFC 9110 §10.2.3). Asking again
// before that makes it longer, so what comes meanwhile is put off here without asking. Thread-safe.

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "edge/courier/http_ask.h"
#include "kernel/time/time.h"

namespace noroshi::edge::courier {

class Rest {
public:
    explicit Rest(const Clock& clock) : clock_(clock) {}
    // Whether this service wants to be left alone now.
    bool is_wanted(const std::string& service) const;
    // Of what it answered: of 429 and 503 with Retry-After in seconds; 429 without it is 5 s; never
    // more than ten minutes, because an alarm cannot wait for longer.
    void hear(const std::string& service, const HttpAnswer& answer);

    static constexpr auto longest = std::chrono::minutes(10);
    static constexpr auto unsaid = std::chrono::seconds(5);

private:
    const Clock& clock_;
    mutable std::mutex guard_;
    std::map<std::string, Instant, std::less<>> until_;
};

}  // namespace noroshi::edge::courier
