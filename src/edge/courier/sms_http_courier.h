#pragma once
// Carries SMS to one gateway over HTTP. Two shapes: Kannel's sendsms (Kannel 1.4 user guide, "SMS
// pushes, HTTP interface"), and one that is described in the configuration, because every provider
// has its own: a URL, headers and a body with {to} {from} {text} {reference} in them, escaped for
// the place they stand in. Thread-safe.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "edge/courier/http_ask.h"
#include "kernel/courier.h"
#include "kernel/result.h"

namespace noroshi::edge::courier {

struct SmsHttpOptions {
    enum class Kind { kannel, template_ };
    Kind kind = Kind::kannel;
    std::string name;
    std::string url;  // kannel: http://host:13013/cgi-bin/sendsms
    std::string user;
    std::string password;
    std::string from;
    // Where Kannel reports receipts: "https://port.example/api/…?token=…"; empty: it does not.
    std::string receipts;
    // template_:
    std::string method = "POST";
    std::string body;  // "…{to}…"; a JSON body when content_type is JSON, else form-encoded
    std::string content_type = "application/x-www-form-urlencoded";
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<int> refused{400, 404, 422};  // statuses that blame the number or the text
    std::string ca_file;
    std::chrono::milliseconds patience{10'000};
};

class SmsHttpCourier final : public Courier {
public:
    // Errors: invalid edge.courier.{sms_url, sms_template}.
    static Result<std::unique_ptr<SmsHttpCourier>> create(SmsHttpOptions options);
    Delivery carry(const Message& message, int attempt) override;

private:
    explicit SmsHttpCourier(SmsHttpOptions options) : options_(std::move(options)) {}
    Delivery by_kannel(const Message& message) const;
    Delivery by_template(const Message& message) const;
    SmsHttpOptions options_;
};

// By what a receipt names a message: short, without the person in it, the same for every
// transmission of a key.
std::string reference_of(std::string_view key);

}  // namespace noroshi::edge::courier
