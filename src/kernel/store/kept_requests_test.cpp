#include "kernel/store/kept_requests.h"

#include <gtest/gtest.h>

#include "kernel/store/sqlite_connection.h"
#include "kernel/store/store_for_tests.h"

namespace noroshi::store {
namespace {

// If this failed, a new version would not open the port's journal, or give a second answer.
TEST(KeptRequests, a_file_of_schema_1_is_brought_up_to_date) {
    const TemporaryFolder folder;
    const std::string path = folder / "noroshi.db";
    {
        auto store = open_sqlite({path, {}});
        ASSERT_TRUE(store);
        ASSERT_TRUE(
            (*store)->commit({.requests = {{.key = "b", .answer = "2", .at = Instant{Span{2}}},
                                           {.key = "a", .answer = "1", .at = Instant{Span{1}}}}}));
    }
    {
        auto file =
            sql::SqliteConnection::open(path, "", sql::SqliteConnection::Access::read_write);
        ASSERT_TRUE(file);
        ASSERT_TRUE((*file)->script(
            "drop table requests;"
            "create table requests (key text primary key, fingerprint text not null,"
            " status integer not null, answer blob not null, sequence integer not null,"
            " at integer not null) strict;"
            "insert into requests values ('b', 'f', 201, x'32', 2, 2), ('a', 'f', 201, x'31', 1, "
            "1);"
            "pragma user_version = 1"));
    }
    const auto answers = [](Reader& reader) {
        std::string all;
        EXPECT_TRUE(reader.each_request([&](const Request& request) {
            all += request.answer;
            return true;
        }));
        return all;
    };
    {
        auto backup = open_sqlite_read_only(path);  // as a restore reads it
        ASSERT_TRUE(backup) << describe(backup.error());
        EXPECT_EQ(answers(**backup), "21");
    }
    auto store = open_sqlite({path, {}});
    ASSERT_TRUE(store) << describe(store.error());
    EXPECT_EQ(answers(**store), "12");
    EXPECT_EQ((*(*store)->request("a"))->status, 201);
    ASSERT_TRUE((*store)->forget_requests(Instant{Span{2}}));
    EXPECT_FALSE(*(*store)->request("a"));
    EXPECT_TRUE(*(*store)->request("b"));
}

}  // namespace
}  // namespace noroshi::store
