#pragma once
// One HTTP request to a gateway (libcurl), for couriers that speak HTTP: SMS gateways, chat
// webhooks, push services. Never a proxy of the environment, never a redirect, an answer of at most
// 64 KiB. Thread-safe; a thread keeps its connections.

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "kernel/courier.h"

namespace noroshi::edge::courier {

struct HttpAsk {
    std::string method = "POST";
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::string ca_file;  // PEM; empty: the system's
    std::chrono::milliseconds connect_patience{5'000};
    std::chrono::milliseconds patience{10'000};
};
struct HttpAnswer {
    int status = 0;        // 0: none
    bool was_sent = true;  // false: certainly nothing arrived there (no connection)
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string trouble;                                       // of libcurl, when status is 0
};
HttpAnswer ask(const HttpAsk& asked);

// What an answer means when the protocol says no more: 2xx delivered, 408 425 429 5xx failed, other
// 4xx `otherwise`, none unknown if it was sent, else failed.
Outcome outcome_of(const HttpAnswer& answer, Outcome otherwise);

std::string percent_encoded(std::string_view text);
// What stands inside the quotes of a JSON string.
std::string json_escaped(std::string_view text);

}  // namespace noroshi::edge::courier
