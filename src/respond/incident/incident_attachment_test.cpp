#include "respond/incident/incident_attachment.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace noroshi::respond::incident {
namespace {

TEST(Attachment, a_name_cannot_leave_its_folder) {
    // A file named ../../etc/passwd would be saved where its sender wants it.
    EXPECT_EQ(harmless_name("../../etc/passwd"), "passwd");
    EXPECT_EQ(harmless_name("C:\\Windows\\写真.png"), "写真.png");
    EXPECT_EQ(harmless_name(".."), "attachment");
    EXPECT_EQ(harmless_name(""), "attachment");
    EXPECT_EQ(harmless_name("..hidden"), "hidden");
}

TEST(Attachment, a_name_is_what_it_looks_like) {
    // An officer would open 請求書exe.pdf, which is a programme ending in .exe.
    EXPECT_EQ(harmless_name("請求書\u202Efdp.exe"), "請求書fdp.exe");
    EXPECT_EQ(harmless_name("a\r\nSet-Cookie: x"), "aSet-Cookie x");
    EXPECT_EQ(harmless_name("ok\xFF\xC3.png"), "ok.png");
}

TEST(Attachment, a_long_name_keeps_its_ending) {
    // Nobody could open the file because its ending was cut off.
    std::string name;
    for (int i = 0; i < 300; ++i) name += "港";
    const auto kept = harmless_name(name + ".png");
    EXPECT_TRUE(kept.ends_with("港.png"));
    EXPECT_EQ(kept.size(), 196U * 3U + 4U);
}

TEST(Attachment, a_long_name_does_not_end_where_it_was_cut) {
    // Windows would not save a file whose name ends in a blank.
    const std::string name = std::string(199, 'a') + " " + std::string(50, 'b');
    EXPECT_EQ(harmless_name(name), std::string(199, 'a'));
}

TEST(Attachment, a_media_type_is_plain_or_unknown) {
    // A header could be smuggled into the answer by way of a media type.
    EXPECT_EQ(harmless_media_type("Image/PNG; charset=x"), "image/png");
    EXPECT_EQ(harmless_media_type("text/html\r\nX: y"), "application/octet-stream");
    EXPECT_EQ(harmless_media_type("nonsense"), "application/octet-stream");
    EXPECT_EQ(harmless_media_type(""), "application/octet-stream");
}

TEST(Attachment, its_header_carries_the_name_twice) {
    // Browsers would save every file as "download", or with a broken Japanese name.
    EXPECT_EQ(content_disposition("写真 1.png"),
              "attachment; filename=\"__ 1.png\"; filename*=UTF-8''%E5%86%99%E7%9C%9F%201.png");
}

RC_GTEST_PROP(Attachment, any_name_becomes_a_harmless_header, (const std::string& name)) {
    // A crafted name would break out of its header line.
    const auto header = content_disposition(harmless_name(name));
    for (const char c : header)
        RC_ASSERT(static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7F);
    RC_ASSERT(harmless_name(harmless_name(name)) == harmless_name(name));
}

}  // namespace
}  // namespace noroshi::respond::incident
