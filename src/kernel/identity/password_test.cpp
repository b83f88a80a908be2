#include "kernel/identity/password.h"

#include <gtest/gtest.h>

namespace noroshi {
namespace {

constexpr PasswordCost cheap{64, 1};

// Whoever reads the database would know the passwords, or nobody could sign in any more.
TEST(Password, is_kept_as_a_hash_that_only_it_fits) {
    SeededRandom random(1);
    const auto record = hash_password("correct horse 馬", cheap, random);
    EXPECT_TRUE(record.starts_with("argon2id$64$1$"));
    EXPECT_EQ(record.find("horse"), std::string::npos);
    EXPECT_TRUE(is_password("correct horse 馬", record));
    EXPECT_FALSE(is_password("correct horse 鹿", record));
    EXPECT_FALSE(is_password("", record));
    EXPECT_NE(hash_password("correct horse 馬", cheap, random), record) << "a salt of its own";
}

// The duty officer's keyboard stands on full width at 03:00.
TEST(Password, is_the_same_in_full_width) {
    SeededRandom random(2);
    const auto record = hash_password("Harbour-2026!", cheap, random);
    EXPECT_TRUE(is_password("Ｈａｒｂｏｕｒ－２０２６！", record));
    EXPECT_FALSE(is_password("harbour-2026!", record)) << "but capitals count";
}

// After the cost is raised, everybody's old password would be refused.
TEST(Password, is_checked_at_the_cost_it_was_made_with) {
    SeededRandom random(3);
    const auto record = hash_password("correct horse", {128, 2}, random);
    EXPECT_TRUE(is_password("correct horse", record));
}

// A record changed by hand would let anybody in, or take all memory.
TEST(Password, a_broken_record_fits_nothing) {
    SeededRandom random(4);
    const auto record = hash_password("correct horse", cheap, random);
    for (const std::string& broken :
         {std::string{}, std::string{"argon2id"}, record.substr(0, record.size() - 4), record + "$",
          "argon2i" + record.substr(8), std::string{"argon2id$99999999999$1$AAAA$AAAA"},
          std::string{"argon2id$64$999999$AAAAAAAAAAAAAAAAAAAAAA$AAAA"},
          std::string{"argon2id$64$1$$"}})
        EXPECT_FALSE(is_password("correct horse", broken)) << broken;
}

// "password11" and one's own login are the first things tried.
TEST(Password, a_new_one_is_hard_to_guess) {
    const auto refused = [](std::string_view password) {
        const auto good = check_new_password(password, "k.mori-at-port", "/new");
        return good ? std::string{} : good.error().key;
    };
    EXPECT_EQ(refused("correct horse"), "");
    EXPECT_EQ(refused("名古屋港の大きな観覧車"), "");
    EXPECT_EQ(refused("short"), "kernel.identity.password_short");
    EXPECT_EQ(refused("名古屋港"), "kernel.identity.password_short");
    EXPECT_EQ(refused("aaaaaaaaaaaa"), "kernel.identity.password_plain");
    EXPECT_EQ(refused("1212121212121"), "kernel.identity.password_plain");
    EXPECT_EQ(refused("K.Mori-At-Port"), "kernel.identity.password_plain");
    for (const auto* tried :
         {"password11", "Password2026!", "P@ssw0rd1234", "qwertyuiop", "1qaz2wsx3edc", "zaq12wsx34",
          "abcdefghij", "1234567890", "0987654321", "adminadmin1", "Minato-2026", "k.mori-at-port1",
          "iloveyou!!!!", "passpassword", "nagoya20261"})
        EXPECT_EQ(refused(tried), "kernel.identity.password_plain") << tried;
    for (const auto* fine :
         {"battery staple", "another battery", "tide gauge 7", "八丁堀の赤い橋を渡る",
          "port of kelp forests", "Kx7-qq2v-Rt", "whistle1987kelp"})
        EXPECT_EQ(refused(fine), "") << fine;
    EXPECT_EQ(refused(std::string(257, 'x')), "kernel.identity.password_long");
    EXPECT_EQ(refused("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "kernel.i18n.not_a_line");
}

}  // namespace
}  // namespace noroshi
