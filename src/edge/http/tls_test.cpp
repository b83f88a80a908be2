// TLS, with a certificate made here for this run.
#include <cstdio>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "edge/http/client.h"
#include "edge/http/serving_for_tests.h"

namespace noroshi::edge::http {
namespace {

using namespace std::chrono_literals;

template <auto free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        free(object);
    }
};

// A self-signed certificate for 127.0.0.1 with a P-256 key.
void write_certificate(const std::string& certificate_path, const std::string& key_path) {
    const std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>> key(EVP_EC_gen("P-256"));
    const std::unique_ptr<X509, Freed<X509_free>> certificate(X509_new());
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    auto* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("127.0.0.1"), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    for (const auto& [kind, value] : {std::pair{NID_subject_alt_name, "IP:127.0.0.1"},
                                      std::pair{NID_basic_constraints, "critical,CA:TRUE"}}) {
        const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension(
            X509V3_EXT_conf_nid(nullptr, nullptr, kind, value));
        X509_add_ext(certificate.get(), extension.get(), -1);
    }
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    const std::unique_ptr<std::FILE, Freed<std::fclose>> to(
        std::fopen(certificate_path.c_str(), "w"));
    PEM_write_X509(to.get(), certificate.get());
    const std::unique_ptr<std::FILE, Freed<std::fclose>> secret(std::fopen(key_path.c_str(), "w"));
    PEM_write_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

class Tls : public testing::Test {
protected:
    Tls() { write_certificate(folder_ / "cert.pem", folder_ / "key.pem"); }
    ServerOptions options() const {
        auto options = test_options();
        options.listen[0].tls_certificate = folder_ / "cert.pem";
        options.listen[0].tls_key = folder_ / "key.pem";
        return options;
    }
    store::TemporaryFolder folder_;
};

TEST_F(Tls, carries_questions_large_answers_and_events) {
    // Everything said in an incident would travel in clear, or not at all.
    ServingHouse house(options());
    const auto url = house.server().addresses().front();
    EXPECT_TRUE(url.starts_with("https://127.0.0.1:"));
    Client client({url, "alice", "en", folder_ / "cert.pem", 10s});
    const auto made = client.post("/api/test/notes", R"({"text":"x"})");
    ASSERT_TRUE(made) << describe(made.error());
    EXPECT_TRUE(made->header("strict-transport-security").starts_with("max-age="));
    EXPECT_TRUE(client.get("/api/test/headers")->header("set-cookie").ends_with("; Secure"));
    const auto file = client.get("/api/test/files/3000000");
    ASSERT_TRUE(file);
    EXPECT_EQ(file->body.size(), 3'000'000u);
    EXPECT_EQ(file->body[2'999'999], 'a' + 2'999'999 % 26);
    const auto stored = client.send(Method::post, "/api/test/files", std::string(2'000'000, 'x'),
                                    {{"Content-Type", "application/octet-stream"}});
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->body, "2000000");

    const std::string long_text(30'000, 'x');
    for (int i = 0; i < 100; ++i) house.note(long_text);
    int heard = 0;
    const auto watched = client.watch("/api/events?after=1", [&](const ClientEvent& event) {
        ++heard;
        EXPECT_EQ(event.id, std::to_string(heard + 1));
        if (heard == 100) house.note("live");
        return heard < 101;
    });
    EXPECT_TRUE(watched) << describe(watched.error());
}

TEST_F(Tls, plain_words_on_its_port_are_not_understood) {
    // A scanner would keep a connection forever.
    auto limits = options();
    limits.header_timeout = 40ms;
    ServingHouse house(limits);
    auto silent = house.connect();
    EXPECT_EQ(silent.read_all(), "");
    auto plain = house.connect();
    plain.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_FALSE(plain.read_all().starts_with("HTTP"));
    Client suspicious({house.server().addresses().front(), "alice", "en", "", 10s});
    EXPECT_FALSE(suspicious.get("/healthz")) << "nobody vouches for this certificate";
}

TEST_F(Tls, refuses_what_is_too_old_or_not_http_1) {
    // Old protocols can be read by others; a client that insists on another one would hang.
    ServingHouse house(options());
    const auto shake = [&](int version, std::string_view protocol) {
        const std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context(
            SSL_CTX_new(TLS_client_method()));
        SSL_CTX_set_security_level(context.get(), 0);
        SSL_CTX_set_min_proto_version(context.get(), version);
        SSL_CTX_set_max_proto_version(context.get(), version);
        const std::unique_ptr<SSL, Freed<SSL_free>> ssl(SSL_new(context.get()));
        std::string offer;
        offer += static_cast<char>(protocol.size());
        offer += protocol;
        SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(offer.data()),
                            static_cast<unsigned>(offer.size()));
        auto client = house.connect();
        SSL_set_fd(ssl.get(), client.socket());
        return SSL_connect(ssl.get()) == 1;
    };
    EXPECT_TRUE(shake(TLS1_3_VERSION, "http/1.1"));
    EXPECT_TRUE(shake(TLS1_2_VERSION, "http/1.1"));
    EXPECT_FALSE(shake(TLS1_1_VERSION, "http/1.1"));
    EXPECT_FALSE(shake(TLS1_3_VERSION, "h2"));
}

TEST_F(Tls, a_certificate_that_cannot_be_read_is_named) {
    // The installation would start without TLS, and nobody would know.
    auto wrong = options();
    wrong.listen[0].tls_certificate = folder_ / "nothing.pem";
    ServingHouse house;
    const Routes none;
    Server server(wrong, none, house.journal(), {});
    const auto started = server.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().key, "edge.http.certificate");
}

}  // namespace
}  // namespace noroshi::edge::http
