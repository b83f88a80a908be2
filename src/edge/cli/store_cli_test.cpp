#include "edge/cli/store_cli.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "edge/cli/data_dir.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"
#include "kernel/store/files.h"
#include "kernel/store/postgres_for_tests.h"
#include "kernel/store/postgresql_connection.h"
#include "kernel/store/store_for_tests.h"

namespace noroshi::edge::cli {
namespace {

struct Said {
    static constexpr std::string_view kind = "test.store_cli.said";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;
    std::string text;
    std::optional<Personal> by;
};
BOOST_DESCRIBE_STRUCT(Said, (), (text, by))

const PersonId mori{"mori"};
const PersonId sato{"sato"};

// A data directory with a journal in it, as a server has.
class Server {
public:
    Server(std::string dir, Random& random, const Clock& clock, std::string postgresql = "")
        : dir_(std::move(dir)), random_(random), clock_(clock), postgresql_(postgresql) {
        start();
    }
    void start() {
        std::filesystem::create_directories(dir_);
        journal::Options options;
        options.installation_key = *installation_key(dir_, random_);
        auto opened = postgresql_.empty()
                          ? store::open_sqlite({.path = database_path(dir_), .vfs = ""})
                          : store::open_postgresql(postgresql_);
        ASSERT_TRUE(opened.has_value());
        store_ = std::move(*opened);
        journal_ = std::make_unique<journal::Journal>(*store_, clock_, random_, options);
        journal::listen_any<Said>(
            journal_->published(),
            [this](const journal::World&, const Said& said, const journal::Envelope&) {
                said_.push_back(said.by ? said.text + " / " + said.by->text : said.text);
            });
        auto started = journal_->start();
        ASSERT_TRUE(started.has_value());
    }
    void stop() {
        journal_.reset();
        store_.reset();
    }
    void perform(std::function<void(journal::Recorder&)> what) {
        journal_->submit(
            {.actor = "system",
             .idempotency_key = {},
             .fingerprint = {},
             .decide = [&](journal::Recorder& recorder) -> Result<journal::Answer> {
                 what(recorder);
                 return journal::Answer{};
             },
             .done =
                 [](const Result<journal::Answer>& answer) { EXPECT_TRUE(answer.has_value()); }});
        journal_->step();
    }
    void say(const std::string& text, const PersonId& by) {
        perform([&](journal::Recorder& recorder) {
            journal::record(recorder,
                            {.stream = "test/1",
                             .visibility = {},
                             .world = {},
                             .event_time = {},
                             .expected_version = {}},
                            Said{text, Personal{by, "名前 " + by.text}});
        });
    }
    // What a port has after some days: names, an attachment, a message, a password.
    void live() {
        say("ゲート停止 髙𠮷", mori);
        say("二つ目", sato);
        perform([&](journal::Recorder& recorder) {
            journal::record(recorder,
                            {.stream = "test/2",
                             .visibility = {},
                             .world = {ExerciseId{"exercise-1"}},
                             .event_time = {},
                             .expected_version = {}},
                            Said{"訓練", {}});
            recorder.store_blob(std::string("\0\xff", 2) + "attachment");
            recorder.store_blob("");
            recorder.put_secret("password", "mori", "argon2id…");
            recorder.put_secret("password", "sato", "argon2id…");
            for (const auto& person : {mori, sato})
                recorder.send({.topic = "test/1",
                               .person = person,
                               .message = {.key = "alarm-1-" + person.text,
                                           .channel = Channel::email,
                                           .to = person.text + "@example.jp",
                                           .to_name = "名前",
                                           .message_id = "<1@example.jp>",
                                           .subject = "招集",
                                           .text = "本文",
                                           .html = "",
                                           .drill = false,
                                           .in_reply_to = ""},
                               .not_before = clock_.now(),
                               .expires = clock_.now() + std::chrono::hours(1)});
        });
    }
    const std::string& dir() const { return dir_; }
    store::Store& store() { return *store_; }
    journal::Journal& journal() { return *journal_; }
    const std::vector<std::string>& said() const { return said_; }

private:
    std::string dir_;
    Random& random_;
    const Clock& clock_;
    std::string postgresql_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<journal::Journal> journal_;
    std::vector<std::string> said_;
};

class StoreCli : public testing::Test {
protected:
    SeededRandom random_{42};
    PretendClock clock_{Instant{std::chrono::seconds(1'783'000'000)}};
    store::TemporaryFolder folder_;
    const std::string backup_ = folder_ / "backup.noroshi";
};

int run(const std::string& command) { return WEXITSTATUS(std::system(command.c_str())); }

// If this failed, a port whose server burnt down would not have its journal back, or not all of it.
TEST_F(StoreCli, RestoresWhatWasBackedUpWhileTheServerRuns) {
    Server server(folder_ / "a", random_, clock_);
    server.live();
    std::ofstream(server.dir() + "/config.toml") << "zone = \"Asia/Tokyo\"\n";
    const auto head = back_up(server.store(), server.dir(), backup_, clock_);
    ASSERT_TRUE(head) << describe(head.error());
    EXPECT_EQ(head->sequence, 3U);
    server.say("後の記録", mori);  // not in the backup
    const auto manifest = verify_backup(backup_);
    ASSERT_TRUE(manifest) << describe(manifest.error());
    EXPECT_EQ(manifest->facts, 3U);
    EXPECT_EQ(manifest->engine, "sqlite");
    EXPECT_EQ(manifest->written_at, clock_.now());
    EXPECT_EQ(std::filesystem::status(backup_).permissions(), std::filesystem::perms(0600));

    const auto restored = restore(folder_ / "b", "", backup_, "");
    ASSERT_TRUE(restored) << describe(restored.error());
    EXPECT_EQ(restored->hash, head->hash);
    EXPECT_TRUE(std::filesystem::exists(folder_ / "b/config.toml"));
    Server again(folder_ / "b", random_, clock_);
    EXPECT_EQ(again.said(), (std::vector<std::string>{"ゲート停止 髙𠮷 / 名前 mori",
                                                      "二つ目 / 名前 sato", "訓練"}));
    EXPECT_EQ(again.journal().outbox_counts().waiting, 2U);
    int blobs = 0;
    EXPECT_TRUE(again.store().each_blob([&](const store::Blob&) { return ++blobs > 0; }));
    EXPECT_EQ(blobs, 2);
    again.say("復元の後", mori);
    EXPECT_EQ(again.journal().head().sequence, 4U);
}

// If this failed, whoever was erased would be back with the next restore, name and address.
TEST_F(StoreCli, LeavesOutPeopleErasedSinceTheBackup) {
    Server server(folder_ / "a", random_, clock_);
    server.live();
    ASSERT_TRUE(back_up(server.store(), server.dir(), backup_, clock_));
    server.perform([](journal::Recorder& recorder) { recorder.erase_person_key(mori); });
    ASSERT_TRUE(append_erasure(server.dir(), mori, clock_.now()));
    server.stop();

    const auto check = [&](const std::string& dir) {
        Server again(dir, random_, clock_);
        EXPECT_EQ(again.said(),
                  (std::vector<std::string>{"ゲート停止 髙𠮷 / ", "二つ目 / 名前 sato", "訓練"}));
        EXPECT_FALSE(again.journal().keyring().has(mori));
        EXPECT_TRUE(again.journal().keyring().has(sato));
        std::vector<std::string> passwords;
        EXPECT_TRUE(again.store().each_secret("password", [&](const store::Secret& secret) {
            passwords.push_back(secret.id);
            return true;
        }));
        EXPECT_EQ(passwords, std::vector<std::string>{"sato"});
        EXPECT_TRUE(again.store().each_outbox([&](const store::OutboxRow& row) {
            EXPECT_EQ(row.message.empty(), row.person == "mori");
            return true;
        }));
        EXPECT_EQ(again.journal().outbox_counts().waiting, 1U);
        EXPECT_EQ(read_erasures(erasures_path(dir))->size(), 1U);
    };
    // The list of the lost installation, given by hand.
    const auto elsewhere = restore(folder_ / "b", "", backup_, erasures_path(server.dir()));
    ASSERT_TRUE(elsewhere) << describe(elsewhere.error());
    check(folder_ / "b");
    // The directory's own list, when only the database was lost.
    for (const auto* name : {"noroshi.db", "installation.key"})
        std::filesystem::remove(server.dir() + "/" + name);
    const auto in_place = restore(server.dir(), "", backup_, "");
    ASSERT_TRUE(in_place) << describe(in_place.error());
    check(server.dir());

    const auto misspelt = restore(folder_ / "c", "", backup_, folder_ / "erasuers.log");
    ASSERT_FALSE(misspelt);
    EXPECT_EQ(misspelt.error().kind, ErrorKind::not_found);
}

// If this failed, a restore by mistake would destroy the journal that is in use.
TEST_F(StoreCli, RestoresIntoNothingThatIsInUse) {
    Server server(folder_ / "a", random_, clock_);
    server.live();
    ASSERT_TRUE(back_up(server.store(), server.dir(), backup_, clock_));
    const auto again = back_up(server.store(), server.dir(), backup_, clock_);
    ASSERT_FALSE(again) << "a backup replaces no other";
    EXPECT_EQ(again.error().key, "edge.cli.backup.exists");

    server.stop();
    const auto over = restore(server.dir(), "", backup_, "");
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().key, "edge.cli.backup.target_not_empty");
    const auto lock = lock_data_dir(folder_ / "b");
    ASSERT_TRUE(lock);
    const auto held = restore(folder_ / "b", "", backup_, "");
    ASSERT_FALSE(held);
    EXPECT_EQ(held.error().key, "edge.cli.in_use");
    server.start();
    EXPECT_EQ(server.journal().head().sequence, 3U);
}

// If this failed, a backup that rotted on its disk would be found out when it is needed.
TEST_F(StoreCli, NoticesADamagedBackup) {
    Server server(folder_ / "a", random_, clock_);
    server.live();
    const auto head = back_up(server.store(), server.dir(), backup_, clock_);
    ASSERT_TRUE(head);
    const auto whole = *store::read_file(backup_);
    int noticed = 0;
    for (int i = 0; i < 600; ++i) {
        auto bytes = whole;
        const auto at = random_.below(bytes.size());
        bytes[at] = static_cast<char>(bytes[at] ^ (1 + random_.below(255)));
        std::ofstream(backup_, std::ios::binary) << bytes;
        const auto manifest = verify_backup(backup_);
        // Bytes of a page that hold nothing may change; what is read must be the same.
        if (manifest)
            EXPECT_EQ(manifest->head, journal::hex_of(head->hash)) << at;
        else
            ++noticed;
    }
    EXPECT_GT(noticed, 5);
    auto changed = whole;
    changed[whole.find("ゲート停止")] ^= 1;
    std::ofstream(backup_, std::ios::binary) << changed;
    EXPECT_EQ(verify_backup(backup_).error().key, "kernel.journal.chain_broken");
    for (const std::size_t size : {std::size_t{0}, std::size_t{100}, whole.size() / 2}) {
        std::ofstream(backup_, std::ios::binary) << whole.substr(0, size);
        EXPECT_FALSE(verify_backup(backup_));
        EXPECT_FALSE(restore(folder_ / "b", "", backup_, ""));
        EXPECT_FALSE(std::filesystem::exists(folder_ / "b/noroshi.db"));
    }
    const auto other = verify_backup(database_path(server.dir()));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().key, "edge.cli.backup.not_a_backup");
}

// If this failed, a port that outgrew one machine could not move, or could not move back.
TEST_F(StoreCli, MovesBetweenTheEngines) {
    const auto target = store::postgres_for_tests();
    ASSERT_FALSE(target.empty()) << "PostgreSQL 15 is needed: tools/with_postgres.sh";
    const auto drop = [&] {
        store::sql::PostgresqlConnection connection(target, "public", {});
        EXPECT_TRUE(connection.script(
            "set client_min_messages to error; drop schema if exists noroshi cascade"));
    };
    drop();
    Server server(folder_ / "a", random_, clock_);
    server.live();
    const auto head = back_up(server.store(), server.dir(), backup_, clock_);
    ASSERT_TRUE(head);
    const auto moved = restore(folder_ / "b", target, backup_, "");
    ASSERT_TRUE(moved) << describe(moved.error());
    {
        Server cluster(folder_ / "b", random_, clock_, target);
        EXPECT_EQ(cluster.said(), server.said());
        cluster.say("三つ目", sato);
        const auto back = back_up(cluster.store(), cluster.dir(), folder_ / "back", clock_);
        ASSERT_TRUE(back) << describe(back.error());
        const auto twice = restore(folder_ / "c", target, backup_, "");
        EXPECT_FALSE(twice);
    }
    const auto back = restore(folder_ / "d", "", folder_ / "back", "");
    ASSERT_TRUE(back) << describe(back.error());
    Server again(folder_ / "d", random_, clock_);
    EXPECT_EQ(again.said().size(), 4U);
    EXPECT_EQ(again.said().back(), "三つ目 / 名前 sato");
    drop();
}

// If this failed, a port could not take its records elsewhere, or prove to others what it wrote.
TEST_F(StoreCli, ExportsWhatAnotherProgramCanVerify) {
    Server server(folder_ / "a", random_, clock_);
    server.live();
    ASSERT_TRUE(server.store().put_setting("binary", "\xff\x01"));
    const auto path = folder_ / "export";
    auto reader = server.store().reader();
    ASSERT_TRUE(reader);
    const auto head = export_all(**reader, server.dir(), path);
    ASSERT_TRUE(head) << describe(head.error());
    EXPECT_EQ(run("python3 tools/verify_export.py " + path + " | grep -q '^3 facts, head " +
                  journal::hex_of(head->hash) + "$'"),
              0);
    EXPECT_FALSE(std::filesystem::exists(path + "/person_keys.jsonl"));
    EXPECT_EQ(store::read_file(path + "/outbox.jsonl")->find("本文"), std::string::npos);
    EXPECT_FALSE(export_all(**reader, server.dir(), path)) << "an export replaces no other";

    // Another program notices each change.
    const auto facts = *store::read_file(path + "/facts.jsonl");
    auto changed = facts;
    changed.replace(changed.find("二つ目"), 9, "三つ目");
    std::ofstream(folder_ / "changed.jsonl", std::ios::binary) << changed;
    EXPECT_EQ(run("python3 tools/verify_export.py " + (folder_ / "changed.jsonl") +
                  " 2>&1 | grep -q 'fact 2 was changed'"),
              0);
    std::ofstream(folder_ / "cut.jsonl", std::ios::binary) << facts.substr(facts.find('\n') + 1);
    EXPECT_EQ(run("python3 tools/verify_export.py " + (folder_ / "cut.jsonl") +
                  " 2>&1 | grep -q 'fact 1 is missing'"),
              0);
    std::ofstream(path + "/facts.jsonl", std::ios::binary) << changed;
    EXPECT_EQ(run("python3 tools/verify_export.py " + path + " >/dev/null 2>&1"), 1);
}

// If this failed, the format of an export would have changed without anybody's deciding it.
TEST_F(StoreCli, ExportsTheCorpusAsItIsKept) {
    const std::string corpus = "tests/corpus/journal-v1/facts.jsonl";
    ASSERT_TRUE(std::filesystem::exists(corpus)) << "tests run in the source folder";
    auto opened = store::open_sqlite({.path = folder_ / "noroshi.db", .vfs = ""});
    ASSERT_TRUE(opened);
    store::Batch batch;
    std::ifstream file(corpus);
    for (std::string line; std::getline(file, line);) {
        const auto fact = json::parse(line)->as_object();
        const auto text = [&](std::string_view name) {
            return std::string(fact.at(name).get_string());
        };
        const auto number = [&](std::string_view name) {
            return fact.at(name).to_number<std::uint64_t>();
        };
        batch.facts.push_back({.sequence = number("sequence"),
                               .stream = text("stream"),
                               .stream_version = number("stream_version"),
                               .kind = text("kind"),
                               .schema = static_cast<std::uint32_t>(number("schema")),
                               .body = text("body"),
                               .actor = text("actor"),
                               .event_time = *parse_rfc3339(text("event_time")),
                               .entry_time = *parse_rfc3339(text("entry_time")),
                               .exercise = text("exercise"),
                               .visibility = text("visibility"),
                               .previous = *journal::parse_hash(text("previous")),
                               .hash = *journal::parse_hash(text("hash"))});
    }
    ASSERT_TRUE((*opened)->commit(batch));
    ASSERT_TRUE(export_all(**opened, folder_.path(), folder_ / "export"));
    EXPECT_EQ(*store::read_file(folder_ / "export/facts.jsonl"), *store::read_file(corpus));
}

// If this failed, the person who asks for everything would get it sealed, or in another form.
TEST_F(StoreCli, ExportsReadablyWithTheKeysAndAsAnArchive) {
    Server server(folder_ / "a", random_, clock_);
    server.live();
    auto reader = server.store().reader();
    ASSERT_TRUE(reader);
    const auto tar = folder_ / "export.tar";
    const auto head = export_all(**reader, server.dir(), tar, PersonKeys::included);
    ASSERT_TRUE(head) << describe(head.error());
    EXPECT_EQ(run("cd " + folder_.path() +
                  " && tar xf export.tar && cd export && "
                  "sha256sum --quiet -c SHA256SUMS && test $(ls blobs | wc -l) = 2"),
              0);
    EXPECT_EQ(run("python3 tools/verify_export.py " + (folder_ / "export") + " >/dev/null"), 0);
    EXPECT_NE(store::read_file(folder_ / "export/outbox.jsonl")->find("本文"), std::string::npos);
    const auto keys = *store::read_file(folder_ / "export/person_keys.jsonl");
    const auto key = server.journal().keyring().key_of(sato);
    EXPECT_NE(keys.find("{\"person\":\"sato\",\"key\":\"" + to_hex(*key) + "\"}\n"),
              std::string::npos);
    EXPECT_EQ(std::filesystem::status(tar).permissions(), std::filesystem::perms(0600));
}

}  // namespace
}  // namespace noroshi::edge::cli
