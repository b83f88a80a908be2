#include "kernel/identity/webauthn.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>

#include "kernel/crypto/hash.h"
#include "kernel/identity/cbor.h"
#include "kernel/json/json.h"

namespace noroshi::webauthn {

namespace {

constexpr std::size_t largest = 64 * 1024;
constexpr std::int64_t es256 = -7;  // IANA, "COSE Algorithms"

std::unexpected<Error> malformed(std::string part) {
    return invalid("kernel.identity.passkey_malformed", "", {{"part", std::move(part)}});
}
std::unexpected<Error> refused(const char* key) { return fail(ErrorKind::forbidden, key); }

std::string_view text_of(const boost::json::object& object, std::string_view name) {
    const auto* found = object.if_contains(boost::json::string_view(name.data(), name.size()));
    if (found == nullptr || !found->is_string()) return {};
    return {found->get_string().data(), found->get_string().size()};
}

// Section 5.8.1: written by the browser, not by the page.
Result<> check_client_data(std::string_view bytes, std::string_view type,
                           const Expected& expected) {
    if (bytes.size() > largest) return malformed("clientDataJSON");
    auto value = json::parse(bytes);
    if (!value || !value->is_object()) return malformed("clientDataJSON");
    const auto& object = value->get_object();
    if (text_of(object, "type") != type) return malformed("type");
    if (expected.challenge.empty() ||
        !equal_in_constant_time(text_of(object, "challenge"), expected.challenge))
        return refused("kernel.identity.passkey_challenge");
    if (text_of(object, "origin") != expected.origin)
        return refused("kernel.identity.passkey_origin");
    if (const auto* crossed = object.if_contains("crossOrigin");
        crossed != nullptr && crossed->is_bool() && crossed->get_bool())
        return refused("kernel.identity.passkey_origin");
    return {};
}

Result<> check_data(const AuthenticatorData& data, const Expected& expected) {
    const auto hash = sha256(expected.site);
    if (data.site_hash != std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()))
        return refused("kernel.identity.passkey_site");
    if (!data.user_present() || !data.user_verified())
        return refused("kernel.identity.passkey_not_verified");
    return {};
}

// RFC 9053, section 7.1.1: a COSE key {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
Result<std::string> point_of(const cbor::Value& key) {
    const auto number = [&](std::int64_t label) -> std::optional<std::int64_t> {
        const auto* found = key.find(label);
        if (found == nullptr || found->kind != cbor::Value::Kind::number) return {};
        return found->number;
    };
    if (number(1) != 2 || number(3) != es256 || number(-1) != 1) return malformed("algorithm");
    const auto* x = key.find(std::int64_t{-2});
    const auto* y = key.find(std::int64_t{-3});
    if (x == nullptr || y == nullptr || x->kind != cbor::Value::Kind::bytes ||
        y->kind != cbor::Value::Kind::bytes || x->bytes.size() != 32 || y->bytes.size() != 32)
        return malformed("public key");
    return "\x04" + x->bytes + y->bytes;
}

struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using PublicKey = std::unique_ptr<EVP_PKEY, FreeKey>;

// Null when the point is not on the curve.
PublicKey key_of(std::string_view point) {
    std::string group = "prime256v1";
    std::string bytes(point);
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, bytes.data(), bytes.size()),
        OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
    EVP_PKEY* key = nullptr;
    if (context != nullptr && EVP_PKEY_fromdata_init(context) == 1)
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(parameters));
    EVP_PKEY_CTX_free(context);
    return PublicKey(key);
}

bool is_signed_by(const PublicKey& key, std::string_view bytes, std::string_view signature) {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    const auto* as_bytes = reinterpret_cast<const unsigned char*>(bytes.data());
    const auto* as_signature = reinterpret_cast<const unsigned char*>(signature.data());
    const bool good =
        context != nullptr &&
        EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
        EVP_DigestVerify(context, as_signature, signature.size(), as_bytes, bytes.size()) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

}  // namespace

Result<AuthenticatorData> read_authenticator_data(std::string_view bytes) {
    constexpr std::size_t head = 32 + 1 + 4;
    if (bytes.size() < head || bytes.size() > largest) return malformed("authenticatorData");
    AuthenticatorData data;
    data.site_hash = bytes.substr(0, 32);
    data.flags = static_cast<std::uint8_t>(bytes[32]);
    for (std::size_t i = 33; i < head; ++i)
        data.counter = (data.counter << 8) | static_cast<unsigned char>(bytes[i]);
    auto rest = bytes.substr(head);
    constexpr std::uint8_t has_credential = 0x40;
    constexpr std::uint8_t has_extensions = 0x80;
    if ((data.flags & has_credential) != 0) {
        if (rest.size() < 18) return malformed("attestedCredentialData");
        const std::size_t length = static_cast<std::size_t>(static_cast<unsigned char>(rest[16]))
                                       << 8 |
                                   static_cast<unsigned char>(rest[17]);
        rest.remove_prefix(18);
        // Section 4: an id has at most 1,023 bytes.
        if (length == 0 || length > 1023 || rest.size() < length) return malformed("credentialId");
        data.credential = rest.substr(0, length);
        rest.remove_prefix(length);
        const auto key = cbor::read(rest);
        if (!key || key->kind != cbor::Value::Kind::map) return malformed("public key");
        TRY_LET(data.public_key, point_of(*key));
        if (!key_of(data.public_key)) return malformed("public key");
    }
    if ((data.flags & has_extensions) != 0 && !cbor::read(rest)) return malformed("extensions");
    if (!rest.empty()) return malformed("authenticatorData");
    return data;
}

Result<AuthenticatorData> read_attestation(std::string_view client_data,
                                           std::string_view attestation, const Expected& expected) {
    TRY(check_client_data(client_data, "webauthn.create", expected));
    if (attestation.size() > largest) return malformed("attestationObject");
    const auto object = cbor::read(attestation);
    if (!object || !attestation.empty()) return malformed("attestationObject");
    const auto* bytes = object->find("authData");
    if (bytes == nullptr || bytes->kind != cbor::Value::Kind::bytes) return malformed("authData");
    TRY_LET(auto data, read_authenticator_data(bytes->bytes));
    TRY(check_data(data, expected));
    if (data.credential.empty()) return malformed("credentialId");
    return data;
}

Result<std::uint32_t> check_assertion(std::string_view public_key, std::uint32_t counter,
                                      std::string_view client_data,
                                      std::string_view authenticator_data,
                                      std::string_view signature, const Expected& expected) {
    TRY(check_client_data(client_data, "webauthn.get", expected));
    TRY_LET(const auto data, read_authenticator_data(authenticator_data));
    TRY(check_data(data, expected));
    const auto key = key_of(public_key);
    const auto hash = sha256(client_data);
    const auto said = std::string(authenticator_data) +
                      std::string(reinterpret_cast<const char*>(hash.data()), hash.size());
    if (!key || signature.size() > 200 || !is_signed_by(key, said, signature))
        return refused("kernel.identity.passkey_signature");
    // Section 6.1.1: a counter that does not go up says that the key was copied. Keys that are
    // kept in step between devices never count.
    if ((counter != 0 || data.counter != 0) && data.counter <= counter)
        return refused("kernel.identity.passkey_counter");
    return data.counter;
}

}  // namespace noroshi::webauthn
