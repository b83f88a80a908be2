#include "kernel/identity/totp.h"

#include <gtest/gtest.h>

namespace noroshi {
namespace {

using namespace std::chrono_literals;

const std::string secret20 = "12345678901234567890";
const std::string secret32 = "12345678901234567890123456789012";
const std::string secret64 = "1234567890123456789012345678901234567890123456789012345678901234";

// RFC 4226, appendix D. An authenticator of other make would show other codes than we expect.
TEST(Totp, hotp_gives_the_codes_of_the_rfc) {
    const std::string codes[] = {"755224", "287082", "359152", "969429", "338314",
                                 "254676", "287922", "162583", "399871", "520489"};
    for (std::uint64_t i = 0; i < 10; ++i)
        EXPECT_EQ(hotp(secret20, i, 6, TotpHash::sha1), codes[i]);
}

// RFC 6238, appendix B.
TEST(Totp, totp_gives_the_codes_of_the_rfc) {
    const struct {
        std::int64_t seconds;
        const char *sha1, *sha256, *sha512;
    } rows[] = {{59, "94287082", "46119246", "90693936"},
                {1111111109, "07081804", "68084774", "25091201"},
                {1111111111, "14050471", "67062674", "99943326"},
                {1234567890, "89005924", "91819424", "93441116"},
                {2000000000, "69279037", "90698825", "38618901"},
                {20000000000, "65353130", "77737706", "47863826"}};
    for (const auto& row : rows) {
        const auto step = totp_step(Instant{std::chrono::seconds{row.seconds}});
        EXPECT_EQ(hotp(secret20, step, 8, TotpHash::sha1), row.sha1);
        EXPECT_EQ(hotp(secret32, step, 8, TotpHash::sha256), row.sha256);
        EXPECT_EQ(hotp(secret64, step, 8, TotpHash::sha512), row.sha512);
    }
}

// A code read over the shoulder would be good for another sign-in; a telephone a little slow would
// keep the duty officer out.
TEST(Totp, a_code_is_good_once_and_for_clocks_a_little_wrong) {
    const Instant now{1'234'567'890s};
    const auto step = totp_step(now);
    const auto code = [&](std::uint64_t of) { return hotp(secret20, of, 6, TotpHash::sha1); };
    EXPECT_EQ(check_totp(secret20, code(step), now, 0), step);
    EXPECT_EQ(check_totp(secret20, code(step - 1), now, 0), step - 1);
    EXPECT_EQ(check_totp(secret20, code(step + 1), now, 0), step + 1);
    EXPECT_FALSE(check_totp(secret20, code(step - 2), now, 0));
    EXPECT_FALSE(check_totp(secret20, code(step + 2), now, 0));
    EXPECT_FALSE(check_totp(secret20, code(step), now, step)) << "used";
    EXPECT_FALSE(check_totp(secret20, code(step - 1), now, step)) << "older than the one used";
    EXPECT_EQ(check_totp(secret20, code(step + 1), now, step), step + 1);
    const auto typed = code(step);
    EXPECT_EQ(check_totp(secret20, typed.substr(0, 3) + " " + typed.substr(3), now, 0), step);
    EXPECT_FALSE(check_totp(secret20, "", now, 0));
    EXPECT_FALSE(check_totp(secret20, typed + "0", now, 0));
    EXPECT_TRUE(check_totp(secret20, hotp(secret20, 0, 6, TotpHash::sha1), Instant{31s}, 0) ==
                std::nullopt)
        << "step 0 counts as used: nobody signs in in 1970";
}

// RFC 4648, section 10.
TEST(Totp, base32_and_the_address_are_what_apps_read) {
    EXPECT_EQ(to_base32(""), "");
    EXPECT_EQ(to_base32("f"), "MY");
    EXPECT_EQ(to_base32("fo"), "MZXQ");
    EXPECT_EQ(to_base32("foo"), "MZXW6");
    EXPECT_EQ(to_base32("foob"), "MZXW6YQ");
    EXPECT_EQ(to_base32("fooba"), "MZXW6YTB");
    EXPECT_EQ(to_base32("foobar"), "MZXW6YTBOI");
    EXPECT_EQ(totp_address("foobar", "Noroshi", "k.mori@port"),
              "otpauth://totp/Noroshi:k.mori%40port?secret=MZXW6YTBOI&issuer=Noroshi"
              "&algorithm=SHA1&digits=6&period=30");
}

}  // namespace
}  // namespace noroshi
