#include "kernel/crypto/p256.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "kernel/crypto/hash.h"
#include "kernel/result.h"

namespace noroshi {

namespace {

struct Freed {
    void operator()(BIGNUM* one) const { BN_clear_free(one); }
    void operator()(BN_CTX* one) const { BN_CTX_free(one); }
    void operator()(EC_GROUP* one) const { EC_GROUP_free(one); }
    void operator()(EC_POINT* one) const { EC_POINT_free(one); }
    void operator()(EVP_PKEY* one) const { EVP_PKEY_free(one); }
    void operator()(EVP_PKEY_CTX* one) const { EVP_PKEY_CTX_free(one); }
    void operator()(EVP_MD_CTX* one) const { EVP_MD_CTX_free(one); }
    void operator()(ECDSA_SIG* one) const { ECDSA_SIG_free(one); }
    void operator()(OSSL_PARAM_BLD* one) const { OSSL_PARAM_BLD_free(one); }
    void operator()(OSSL_PARAM* one) const { OSSL_PARAM_free(one); }
};
template <class T>
using Owned = std::unique_ptr<T, Freed>;

const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

Owned<EC_GROUP> curve() {
    Owned<EC_GROUP> group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
    ASSERT(group != nullptr);
    return group;
}

Owned<EVP_PKEY> key_of(std::string_view point, const BIGNUM* scalar) {
    const Owned<OSSL_PARAM_BLD> build(OSSL_PARAM_BLD_new());
    ASSERT(build != nullptr);
    OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                     point.size());
    if (scalar != nullptr) OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar);
    const Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(build.get()));
    const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* key = nullptr;
    if (parameters == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) <= 0 ||
        EVP_PKEY_fromdata(context.get(), &key,
                          scalar == nullptr ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR,
                          parameters.get()) <= 0)
        return {};
    return Owned<EVP_PKEY>(key);
}

}  // namespace

struct P256Key::Held {
    Owned<EVP_PKEY> key;
};

std::optional<P256Key> P256Key::of_scalar(std::string_view scalar) {
    if (scalar.size() != 32) return {};
    const auto group = curve();
    const Owned<BN_CTX> context(BN_CTX_new());
    const Owned<BIGNUM> number(BN_bin2bn(octets(scalar), static_cast<int>(scalar.size()), nullptr));
    const Owned<EC_POINT> point(EC_POINT_new(group.get()));
    ASSERT(context && number && point);
    if (BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(group.get())) >= 0)
        return {};
    ASSERT(EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, context.get()) ==
           1);
    P256Key made;
    made.point_.resize(65);
    ASSERT(EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                              octets(made.point_), made.point_.size(), context.get()) == 65);
    auto key = key_of(made.point_, number.get());
    ASSERT(key != nullptr);
    made.held_ = std::make_shared<const Held>(std::move(key));
    return made;
}

P256Key P256Key::of_seed(const std::array<unsigned char, 32>& seed) {
    const auto group = curve();
    const Owned<BN_CTX> context(BN_CTX_new());
    const Owned<BIGNUM> number(BN_bin2bn(seed.data(), static_cast<int>(seed.size()), nullptr));
    const Owned<BIGNUM> most(BN_dup(EC_GROUP_get0_order(group.get())));
    ASSERT(context && number && most && BN_sub_word(most.get(), 1) == 1);
    ASSERT(BN_nnmod(number.get(), number.get(), most.get(), context.get()) == 1);
    ASSERT(BN_add_word(number.get(), 1) == 1);
    std::string scalar(32, '\0');
    ASSERT(BN_bn2binpad(number.get(), octets(scalar), 32) == 32);
    return *of_scalar(scalar);
}

std::optional<std::string> P256Key::agree(std::string_view other_point) const {
    if (!is_p256_point(other_point)) return {};
    const auto other = key_of(other_point, nullptr);
    if (other == nullptr) return {};
    const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(held_->key.get(), nullptr));
    std::string secret(32, '\0');
    std::size_t size = secret.size();
    if (context == nullptr || EVP_PKEY_derive_init(context.get()) <= 0 ||
        EVP_PKEY_derive_set_peer(context.get(), other.get()) <= 0 ||
        EVP_PKEY_derive(context.get(), octets(secret), &size) <= 0 || size != secret.size())
        return {};
    return secret;
}

std::string P256Key::sign(std::string_view bytes) const {
    const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
    std::string der(80, '\0');
    std::size_t size = der.size();
    ASSERT(context != nullptr && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr,
                                                    held_->key.get()) == 1);
    ASSERT(EVP_DigestSign(context.get(), octets(der), &size, octets(bytes), bytes.size()) == 1);
    const unsigned char* at = octets(der);
    const Owned<ECDSA_SIG> pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
    ASSERT(pair != nullptr);
    std::string signature(64, '\0');
    ASSERT(BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), octets(signature), 32) == 32);
    ASSERT(BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), octets(signature) + 32, 32) == 32);
    return signature;
}

bool is_p256_point(std::string_view bytes) {
    if (bytes.size() != 65 || bytes[0] != 4) return false;
    const auto group = curve();
    const Owned<BN_CTX> context(BN_CTX_new());
    const Owned<EC_POINT> point(EC_POINT_new(group.get()));
    ASSERT(context && point);
    // Refuses what does not lie on the curve.
    return EC_POINT_oct2point(group.get(), point.get(), octets(bytes), bytes.size(),
                              context.get()) == 1;
}

bool is_signed_by_p256(std::string_view point, std::string_view bytes, std::string_view signature) {
    if (signature.size() != 64 || !is_p256_point(point)) return false;
    const auto key = key_of(point, nullptr);
    Owned<ECDSA_SIG> pair(ECDSA_SIG_new());
    Owned<BIGNUM> r(BN_bin2bn(octets(signature), 32, nullptr));
    Owned<BIGNUM> s(BN_bin2bn(octets(signature) + 32, 32, nullptr));
    if (!key || !pair || !r || !s) return false;
    ASSERT(ECDSA_SIG_set0(pair.get(), r.release(), s.release()) == 1);
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(pair.get(), &der);
    if (size <= 0) return false;
    const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
    const bool sound =
        context != nullptr &&
        EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
        EVP_DigestVerify(context.get(), der, static_cast<std::size_t>(size), octets(bytes),
                         bytes.size()) == 1;
    OPENSSL_free(der);
    return sound;
}

P256Key push_key_of(const Key& installation_key) {
    return P256Key::of_seed(hmac_sha256(
        {reinterpret_cast<const char*>(installation_key.data()), installation_key.size()},
        "noroshi push key 1"));
}

}  // namespace noroshi
