#include "edge/courier/web_push.h"

#include <openssl/evp.h>
#include <boost/json.hpp>

#include <memory>

#include "kernel/crypto/hash.h"

namespace noroshi::edge::courier {

namespace {

constexpr std::size_t devices_limit = 32;
constexpr std::size_t record_size = 4'096;
constexpr std::size_t tag_size = 16;
constexpr std::size_t header_size = 16 + 4 + 1 + 65;

std::string text_of(const Sha256& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// RFC 5869 with SHA-256; never more than one block is wanted here.
std::string expanded(std::string_view extracted, std::string info, std::size_t size) {
    info += '\x01';
    return text_of(hmac_sha256(extracted, info)).substr(0, size);
}

struct Keys {
    std::string content;  // 16
    std::string nonce;    // 12
};
// RFC 8291 §3.4.
Keys keys_of(std::string_view shared, std::string_view secret, std::string_view receiver,
             std::string_view sender, std::string_view salt) {
    const auto agreed = text_of(hmac_sha256(secret, shared));
    const auto seed = expanded(
        agreed, std::string("WebPush: info\0", 14) + std::string(receiver) + std::string(sender),
        32);
    const auto extracted = text_of(hmac_sha256(salt, seed));
    return {expanded(extracted, std::string("Content-Encoding: aes128gcm\0", 28), 16),
            expanded(extracted, std::string("Content-Encoding: nonce\0", 24), 12)};
}

const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

struct Freed {
    void operator()(EVP_CIPHER_CTX* one) const { EVP_CIPHER_CTX_free(one); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Freed>;

std::string sealed(const Keys& keys, std::string_view plain) {
    const Cipher cipher(EVP_CIPHER_CTX_new());
    std::string out(plain.size() + tag_size, '\0');
    int size = 0;
    int last = 0;
    ASSERT(cipher != nullptr && EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr,
                                                   octets(keys.content), octets(keys.nonce)) == 1);
    ASSERT(EVP_EncryptUpdate(cipher.get(), octets(out), &size, octets(plain),
                             static_cast<int>(plain.size())) == 1);
    ASSERT(EVP_EncryptFinal_ex(cipher.get(), octets(out) + size, &last) == 1);
    ASSERT(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_size,
                               octets(out) + plain.size()) == 1);
    return out;
}

std::optional<std::string> opened(const Keys& keys, std::string_view text) {
    if (text.size() < tag_size) return {};
    const Cipher cipher(EVP_CIPHER_CTX_new());
    std::string out(text.size() - tag_size, '\0');
    std::string tag(text.substr(out.size()));
    int size = 0;
    int last = 0;
    if (cipher == nullptr ||
        EVP_DecryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, octets(keys.content),
                           octets(keys.nonce)) != 1 ||
        EVP_DecryptUpdate(cipher.get(), octets(out), &size, octets(text),
                          static_cast<int>(out.size())) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_size, octets(tag)) != 1 ||
        EVP_DecryptFinal_ex(cipher.get(), octets(out) + size, &last) != 1)
        return {};
    return out;
}

std::string_view text_in(const boost::json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    const auto* text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string_view() : std::string_view(*text);
}

}  // namespace

std::optional<std::vector<PushDevice>> read_push_devices(std::string_view text) {
    boost::system::error_code error;
    const auto read = boost::json::parse(text, error);
    const auto* items = error ? nullptr : read.if_array();
    if (items == nullptr || items->empty() || items->size() > devices_limit) return {};
    std::vector<PushDevice> devices;
    for (const auto& item : *items) {
        const auto* object = item.if_object();
        if (object == nullptr) return {};
        const auto point = from_base64url(text_in(*object, "p256dh"));
        const auto secret = from_base64url(text_in(*object, "auth"));
        PushDevice device{std::string(text_in(*object, "id")),
                          std::string(text_in(*object, "endpoint")), point.value_or(""),
                          secret.value_or("")};
        if (device.id.empty() || !origin_of(device.endpoint) || device.secret.size() != 16 ||
            !is_p256_point(device.point))
            return {};
        devices.push_back(std::move(device));
    }
    return devices;
}

Result<std::string> encrypt_push(const PushDevice& to, std::string_view plain,
                                 std::string_view salt, const P256Key& ephemeral) {
    ASSERT(salt.size() == 16);
    if (plain.size() > push_text_limit) return invalid("edge.courier.push_too_long", "/text");
    const auto shared = ephemeral.agree(to.point);
    if (!shared || to.secret.size() != 16) return invalid("edge.courier.push_device", "/to");
    const auto keys = keys_of(*shared, to.secret, to.point, ephemeral.public_point(), salt);
    std::string body(salt);
    body += {'\0', '\0', static_cast<char>(record_size >> 8), static_cast<char>(record_size & 255)};
    body += static_cast<char>(65);
    body += ephemeral.public_point();
    // 0x02 ends the last record (RFC 8188 §2).
    body += sealed(keys, std::string(plain) + '\x02');
    return body;
}

std::optional<std::string> decrypt_push(std::string_view body, const P256Key& own,
                                        std::string_view secret) {
    if (body.size() < header_size + tag_size + 1 || body[20] != 65) return {};
    const auto salt = body.substr(0, 16);
    const auto sender = body.substr(21, 65);
    const auto shared = own.agree(sender);
    if (!shared) return {};
    auto plain = opened(keys_of(*shared, secret, own.public_point(), sender, salt),
                        body.substr(header_size));
    if (!plain) return {};
    while (!plain->empty() && plain->back() == '\0') plain->pop_back();  // padding
    if (plain->empty() || plain->back() != '\x02') return {};
    plain->pop_back();
    return plain;
}

std::optional<PushOrigin> origin_of(std::string_view endpoint) {
    if (endpoint.size() > 2'048) return {};
    PushOrigin origin;
    std::string_view rest = endpoint;
    if (rest.starts_with("https://")) {
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
        origin.is_secure = false;
    } else {
        return {};
    }
    for (const char c : endpoint)
        if (c <= ' ' || c == '"' || c == '\\' || c == '#' || static_cast<unsigned char>(c) >= 127)
            return {};
    const auto authority = rest.substr(0, rest.find_first_of("/?"));
    origin.host = authority.substr(0, authority.rfind(':'));
    if (authority.contains('@') || origin.host.empty()) return {};
    origin.text = std::string(origin.is_secure ? "https://" : "http://") + std::string(authority);
    return origin;
}

std::string vapid(const P256Key& key, const std::string& origin, const std::string& contact,
                  Instant expires) {
    boost::json::object claims;
    claims["aud"] = origin;
    claims["exp"] =
        std::chrono::duration_cast<std::chrono::seconds>(expires.time_since_epoch()).count();
    claims["sub"] = contact;
    const std::string signed_part = to_base64url(R"({"typ":"JWT","alg":"ES256"})") + "." +
                                    to_base64url(boost::json::serialize(claims));
    return "vapid t=" + signed_part + "." + to_base64url(key.sign(signed_part)) +
           ", k=" + to_base64url(key.public_point());
}

}  // namespace noroshi::edge::courier
