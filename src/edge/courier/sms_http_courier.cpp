#include "edge/courier/sms_http_courier.h"

#include <algorithm>

#include "kernel/crypto/hash.h"

namespace noroshi::edge::courier {

namespace {

// Replaces {name} by escaped values. One pass: what a value contains is not replaced again.
template <class Escape>
std::string filled(std::string_view shape, const Message& message, const SmsHttpOptions& options,
                   Escape escape) {
    std::string out;
    for (std::size_t at = 0; at < shape.size();) {
        const auto open = shape.find('{', at);
        const auto close = open == std::string_view::npos ? open : shape.find('}', open);
        if (close == std::string_view::npos) {
            out += shape.substr(at);
            break;
        }
        out += shape.substr(at, open - at);
        const auto name = shape.substr(open + 1, close - open - 1);
        if (name == "to")
            out += escape(message.to);
        else if (name == "from")
            out += escape(options.from);
        else if (name == "text")
            out += escape(message.text);
        else if (name == "reference")
            out += escape(reference_of(message.key));
        else if (name == "user")
            out += escape(options.user);
        else if (name == "password")
            out += escape(options.password);
        else {
            // Not ours: JSON has braces of its own.
            out += '{';
            at = open + 1;
            continue;
        }
        at = close + 1;
    }
    return out;
}

std::string detail_of(const HttpAnswer& answer) {
    return answer.status == 0 ? answer.trouble : "HTTP " + std::to_string(answer.status);
}

}  // namespace

std::string reference_of(std::string_view key) {
    const auto digest = sha256("noroshi sms " + std::string(key));
    return to_hex(std::span(digest).first(12));
}

Result<std::unique_ptr<SmsHttpCourier>> SmsHttpCourier::create(SmsHttpOptions options) {
    if (!options.url.starts_with("http://") && !options.url.starts_with("https://"))
        return invalid("edge.courier.sms_url", "/sms/gateways", {{"name", options.name}});
    if (options.kind == SmsHttpOptions::Kind::template_) {
        const std::string all = options.url + options.body;
        if (!all.contains("{to}") || !all.contains("{text}"))
            return invalid("edge.courier.sms_template", "/sms/gateways", {{"name", options.name}});
    }
    return std::unique_ptr<SmsHttpCourier>(new SmsHttpCourier(std::move(options)));
}

Delivery SmsHttpCourier::carry(const Message& message, int) {
    return options_.kind == SmsHttpOptions::Kind::kannel ? by_kannel(message)
                                                         : by_template(message);
}

Delivery SmsHttpCourier::by_kannel(const Message& message) const {
    HttpAsk asked;
    asked.method = "GET";
    asked.patience = options_.patience;
    asked.ca_file = options_.ca_file;
    const std::string reference = reference_of(message.key);
    asked.url = options_.url + "?username=" + percent_encoded(options_.user) +
                "&password=" + percent_encoded(options_.password) +
                "&to=" + percent_encoded(message.to) + "&from=" + percent_encoded(options_.from) +
                "&coding=2&charset=UTF-8&text=" + percent_encoded(message.text);
    if (!options_.receipts.empty()) {
        // Kannel fills in %d: 1 on the telephone, 2 not, 4 queued, 8 taken, 16 refused.
        const bool has_question = options_.receipts.contains('?');
        asked.url += "&dlr-mask=19&dlr-url=" +
                     percent_encoded(options_.receipts + (has_question ? "&" : "?") +
                                     "reference=" + reference + "&status=%d");
    }
    const auto answer = ask(asked);
    Delivery delivery{outcome_of(answer, Outcome::failed), options_.name, detail_of(answer)};
    delivery.reference = reference;
    // "0: Accepted for delivery", "3: Queued for later delivery"; others are about the message or
    // about us. Only a malformed receiver is the person's.
    if (answer.status == 400 && answer.body.contains("eceiver"))
        delivery.outcome = Outcome::refused;
    return delivery;
}

Delivery SmsHttpCourier::by_template(const Message& message) const {
    HttpAsk asked;
    asked.method = options_.method;
    asked.patience = options_.patience;
    asked.ca_file = options_.ca_file;
    asked.url = filled(options_.url, message, options_, percent_encoded);
    asked.headers = options_.headers;
    if (!options_.body.empty()) {
        asked.headers.emplace_back("Content-Type", options_.content_type);
        asked.body = options_.content_type.contains("json")
                         ? filled(options_.body, message, options_, json_escaped)
                         : filled(options_.body, message, options_, percent_encoded);
    }
    const auto answer = ask(asked);
    const bool blames =
        std::ranges::find(options_.refused, answer.status) != options_.refused.end();
    Delivery delivery{outcome_of(answer, blames ? Outcome::refused : Outcome::failed),
                      options_.name, detail_of(answer)};
    delivery.reference = reference_of(message.key);
    return delivery;
}

}  // namespace noroshi::edge::courier
