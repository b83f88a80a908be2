#pragma once
// The demo's telephones: keeps what would have been sent, for the page that shows each fictional
// person's handset. Nothing leaves the machine. Messages are also appended to a file, so that the
// handsets of a demo that was stopped show them again. Thread-safe.

#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "kernel/courier.h"
#include "kernel/time/time.h"

namespace noroshi::edge::courier {

struct Shown {
    Instant at;
    std::string to;
    std::string to_name;
    std::string subject;
    std::string text;
    bool drill = false;
};

class HandsetCourier final : public Courier {
public:
    // `file`: JSON lines; empty: memory only. A last line torn by a crash is left out.
    HandsetCourier(std::string file, const Clock& clock);
    Delivery carry(const Message& message, int attempt) override;

    std::vector<Shown> shown() const;  // oldest first; at most `kept` of the newest

    static constexpr std::size_t kept = 2'000;

private:
    std::string file_;
    const Clock& clock_;
    mutable std::mutex guard_;
    std::deque<Shown> shown_;
};

}  // namespace noroshi::edge::courier
