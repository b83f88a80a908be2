#include "edge/courier/jwt.h"

#include <memory>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <boost/json.hpp>

#include "kernel/crypto/hash.h"

namespace noroshi::edge::courier {

namespace {

struct Freed {
    void operator()(EVP_PKEY* one) const { EVP_PKEY_free(one); }
    void operator()(EVP_MD_CTX* one) const { EVP_MD_CTX_free(one); }
    void operator()(BIO* one) const { BIO_free(one); }
};
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed>;

PrivateKey key_of(std::string_view pem) {
    const std::unique_ptr<BIO, Freed> bytes(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (!bytes) return {};
    // Never asks for a pass phrase on the terminal.
    const auto no_phrase = [](char*, int, int, void*) { return 0; };
    PrivateKey key(PEM_read_bio_PrivateKey(bytes.get(), nullptr, no_phrase, nullptr));
    if (key &&
        (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key.get()) < 2'048))
        key.reset();
    return key;
}

std::int64_t seconds_of(Instant at) {
    return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
}

}  // namespace

bool is_rsa_key(std::string_view pem) { return key_of(pem) != nullptr; }

std::optional<std::string> signed_claim(std::string_view pem, std::string_view issuer,
                                        std::string_view subject, Instant now, Instant expires) {
    const auto key = key_of(pem);
    if (!key) return {};
    const boost::json::object claims{
        {"iss", issuer}, {"sub", subject}, {"iat", seconds_of(now)}, {"exp", seconds_of(expires)}};
    const std::string text = to_base64url(R"({"alg":"RS256","typ":"JWT"})") + "." +
                             to_base64url(boost::json::serialize(claims));
    const std::unique_ptr<EVP_MD_CTX, Freed> context(EVP_MD_CTX_new());
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key.get())), '\0');
    std::size_t size = signature.size();
    if (!context ||
        EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1)
        return {};
    signature.resize(size);
    return text + "." + to_base64url(signature);
}

}  // namespace noroshi::edge::courier
