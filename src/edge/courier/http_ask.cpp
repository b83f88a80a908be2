#include "edge/courier/http_ask.h"

#include <algorithm>
#include <cctype>
#include <memory>

#include <curl/curl.h>

#include "kernel/result.h"

namespace noroshi::edge::courier {

namespace {

constexpr std::size_t answer_limit = 64 * 1024;

struct Freed {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// Each thread keeps one handle, and with it the connections it has made.
CURL* handle_of_this_thread() {
    static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    ASSERT(code == CURLE_OK);
    thread_local const std::unique_ptr<CURL, Freed> handle(curl_easy_init());
    if (handle) curl_easy_reset(handle.get());
    return handle.get();
}

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* context) {
    auto& answer = *static_cast<HttpAnswer*>(context);
    if (answer.body.size() + size * count > answer_limit) return 0;
    answer.body.append(bytes, size * count);
    return size * count;
}

std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* context) {
    auto& answer = *static_cast<HttpAnswer*>(context);
    const std::string_view line(bytes, size * count);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && answer.headers.size() < 64) {
        std::string name(line.substr(0, colon));
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
        auto value = line.substr(colon + 1);
        while (!value.empty() && std::isspace(static_cast<unsigned char>(value.front())) != 0)
            value.remove_prefix(1);
        while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back())) != 0)
            value.remove_suffix(1);
        answer.headers.emplace_back(std::move(name), value);
    }
    return size * count;
}

}  // namespace

HttpAnswer ask(const HttpAsk& asked) {
    HttpAnswer answer;
    CURL* curl = handle_of_this_thread();
    if (curl == nullptr) return {0, false, {}, {}, "out of memory"};
    curl_slist* list = nullptr;
    for (const auto& [name, value] : asked.headers)
        list = curl_slist_append(list, (name + ": " + value).c_str());
    list = curl_slist_append(list, "Expect:");
    const std::unique_ptr<curl_slist, Freed> headers(list);

    curl_easy_setopt(curl, CURLOPT_URL, asked.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!asked.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, asked.ca_file.c_str());
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(asked.connect_patience.count()));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(asked.patience.count()));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    if (asked.method == "GET") {
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    } else {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(asked.body.size()));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, asked.body.c_str());
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, asked.method.c_str());
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer);

    const CURLcode code = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK) {
        answer.status = static_cast<int>(status);
        return answer;
    }
    curl_off_t sent = 0;
    curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &sent);  // 0: never got that far
    answer.was_sent = sent > 0;
    answer.trouble = curl_easy_strerror(code);
    return answer;
}

Outcome outcome_of(const HttpAnswer& answer, Outcome otherwise) {
    if (answer.status == 0) return answer.was_sent ? Outcome::unknown : Outcome::failed;
    if (answer.status / 100 == 2) return Outcome::delivered;
    if (answer.status / 100 == 4 && answer.status != 408 && answer.status != 425 &&
        answer.status != 429)
        return otherwise;
    return Outcome::failed;
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';
        constexpr std::string_view digits = "0123456789ABCDEF";
        const auto octet = static_cast<unsigned char>(c);
        if (plain)
            out += c;
        else
            out += {'%', digits[octet >> 4], digits[octet & 15]};
    }
    return out;
}

std::string json_escaped(std::string_view text) {
    std::string quoted = boost::json::serialize(boost::json::string(text));
    return quoted.substr(1, quoted.size() - 2);
}

}  // namespace noroshi::edge::courier
