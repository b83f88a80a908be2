#include "kernel/journal/journal.h"

#include <gtest/gtest.h>
#include <filesystem>

#include "kernel/crypto/hash.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/outbox.h"
#include "kernel/journal/record.h"

namespace noroshi::journal {
namespace {

using namespace std::chrono_literals;

struct Said {
    static constexpr std::string_view kind = "test.journal.said";
    static constexpr int schema = 1;
    static constexpr auto record_class = RecordClass::incident;
    std::string text;
    std::optional<Personal> by;
};
BOOST_DESCRIBE_STRUCT(Said, (), (text, by))

// A store that can be told to fail, and whether the batch is kept all the same.
class Moody final : public store::Store {
public:
    explicit Moody(std::unique_ptr<store::Store> real) : real_(std::move(real)) {}
    enum class Mood { well, refuses, keeps_but_says_no, takes_probes_only };
    Mood mood = Mood::well;
    std::string why = "test.full";
    int commits = 0;
    int reads = 0;

    Result<> commit(const store::Batch& batch) override {
        ++commits;
        if (mood == Mood::refuses || mood == Mood::takes_probes_only)
            return fail(ErrorKind::unavailable, why);
        TRY(real_->commit(batch));
        if (mood == Mood::keeps_but_says_no) return fail(ErrorKind::unavailable, "test.doubt");
        return {};
    }
    Result<> put_setting(std::string_view name, std::string_view value) override {
        if (mood != Mood::well && mood != Mood::takes_probes_only)
            return fail(ErrorKind::unavailable, "test.full");
        return real_->put_setting(name, value);
    }
    Result<> forget_requests(Instant before) override { return real_->forget_requests(before); }
    Result<std::unique_ptr<store::Reader>> reader() override { return real_->reader(); }
    Result<> copy_to(const std::string& path) override { return real_->copy_to(path); }
    std::string_view engine() const override { return real_->engine(); }
    Result<store::Head> head() override { return real_->head(); }
    Result<> facts(std::uint64_t from, const store::FactSink& sink) override {
        ++reads;
        return real_->facts(from, sink);
    }
    Result<std::optional<store::Request>> request(std::string_view key) override {
        return real_->request(key);
    }
    Result<std::optional<std::string>> blob(std::string_view name) override {
        return real_->blob(name);
    }
    Result<> each_blob(const std::function<bool(const store::Blob&)>& sink) override {
        return real_->each_blob(sink);
    }
    Result<> each_secret(std::string_view kind,
                         const std::function<bool(const store::Secret&)>& sink) override {
        return real_->each_secret(kind, sink);
    }
    Result<> each_outbox(const std::function<bool(const store::OutboxRow&)>& sink) override {
        return real_->each_outbox(sink);
    }
    Result<> each_request(const std::function<bool(const store::Request&)>& sink) override {
        return real_->each_request(sink);
    }
    Result<> each_setting(
        const std::function<bool(std::string_view, std::string_view)>& sink) override {
        return real_->each_setting(sink);
    }
    Result<> hold() override { return real_->hold(); }
    void release() override { real_->release(); }
    Result<std::optional<std::string>> setting(std::string_view name) override {
        return real_->setting(name);
    }

private:
    std::unique_ptr<store::Store> real_;
};

// A journal with one room that remembers what it was told.
class JournalTest : public testing::Test {
protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() /
                  ("noroshi-journal-" + SystemRandom{}.identifier());
        std::filesystem::create_directories(folder_);
        open();
    }
    void TearDown() override {
        journal_.reset();
        store_.reset();
        std::filesystem::remove_all(folder_);
    }

    void open() {
        journal_.reset();
        store_.reset();
        pending_.clear();
        live_.clear();
        drill_.clear();
        auto opened = store::open_sqlite({(folder_ / "noroshi.db").string(), ""});
        ASSERT_TRUE(opened) << describe(opened.error());
        store_ = std::make_unique<Moody>(std::move(*opened));
        journal_ = std::make_unique<Journal>(*store_, clock_, random_, Options{});
        listen_any<Said>(journal_->pending(),
                         [this](const World&, const Said& said, const Envelope&) {
                             pending_.push_back(said.text);
                         });
        journal_->pending().on_reset([this] { pending_.clear(); });
        listen<Said>(
            journal_->published(), [this](Live<Said> said) { live_.push_back(said.body.text); },
            [this](Drill<Said> said) { drill_.push_back(said.body.text); });
        event<Said>(*journal_, [](const World&, const Said& said, const Envelope&) {
            return std::optional<std::string>(json::to_text(said));
        });
        auto started = journal_->start();
        ASSERT_TRUE(started) << describe(started.error());
        started_ = *started;
    }

    Command say(std::string text, std::string key = {}, World world = {}) {
        Command command;
        command.actor = "person";
        command.idempotency_key = std::move(key);
        command.fingerprint = text;
        command.decide = [text, world](Recorder& recorder) -> Result<Answer> {
            record(recorder, Place{"test/journal/one", {}, world, {}, {}}, Said{text, {}});
            return Answer{201, {{"ETag", "\"1\""}}, text + "!"};
        };
        command.done = [this](Result<Answer> answer) { answers_.push_back(std::move(answer)); };
        return command;
    }

    std::filesystem::path folder_;
    PretendClock clock_{*parse_rfc3339("2026-07-04T06:30:00+09:00")};
    SeededRandom random_{7};
    std::unique_ptr<Moody> store_;
    std::unique_ptr<Journal> journal_;
    StartReport started_;
    std::vector<std::string> pending_, live_, drill_;
    std::vector<Result<Answer>> answers_;
};

// A clerk's line would be shown to others and lost in the crash a moment later.
TEST_F(JournalTest, nothing_is_published_or_answered_before_it_is_durable) {
    journal_->on_events([&](std::span<const Event> events) {
        EXPECT_EQ(store_->commits, 2);  // the start's and this one
        EXPECT_EQ(events.size(), 2U);
    });
    journal_->submit(say("one"));
    journal_->submit(say("two"));
    EXPECT_TRUE(live_.empty());
    EXPECT_EQ(journal_->step(), 2U);
    EXPECT_EQ(live_, (std::vector<std::string>{"one", "two"}));
    ASSERT_EQ(answers_.size(), 2U);
    EXPECT_EQ(answers_[0]->body, "one!");
    EXPECT_EQ(store_->commits, 2) << "both commands went into one commit";
}

// A restart would show another board than before it.
TEST_F(JournalTest, a_restart_folds_the_same_again_and_verifies_the_chain) {
    for (int i = 0; i < 20; ++i) journal_->submit(say("line " + std::to_string(i)));
    while (journal_->step() > 0) {}
    const auto before = live_;
    const auto head = journal_->head();
    open();
    EXPECT_EQ(live_, before);
    EXPECT_EQ(pending_, before);
    EXPECT_EQ(started_.facts, 20U);
    EXPECT_EQ(started_.head, head.hash);
}

// A drill's line would appear on the live board.
TEST_F(JournalTest, a_drill_never_reaches_a_listener_for_live_facts) {
    journal_->submit(say("real"));
    journal_->submit(say("訓練", "", World{ExerciseId{"ex1"}}));
    journal_->step();
    EXPECT_EQ(live_, std::vector<std::string>{"real"});
    EXPECT_EQ(drill_, std::vector<std::string>{"訓練"});
}

// A second click, or a retry after a lost answer, would write the line twice.
TEST_F(JournalTest, the_same_idempotency_key_is_answered_again_and_recorded_once) {
    journal_->submit(say("one", "key"));
    journal_->submit(say("one", "key"));  // in the same batch
    journal_->step();
    open();  // and after a restart
    journal_->submit(say("one", "key"));
    journal_->step();
    ASSERT_EQ(answers_.size(), 3U);
    for (const auto& answer : answers_) {
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, 201);
        EXPECT_EQ(answer->body, "one!");
        ASSERT_EQ(answer->headers.size(), 1U);
        EXPECT_EQ(answer->headers[0].second, "\"1\"");
    }
    EXPECT_FALSE(answers_[0]->replayed);
    EXPECT_TRUE(answers_[1]->replayed);
    EXPECT_TRUE(answers_[2]->replayed);
    EXPECT_EQ(live_, std::vector<std::string>{"one"});
}

// A client that uses a key twice for different lines would lose the second without a word.
TEST_F(JournalTest, an_idempotency_key_with_another_request_is_a_conflict) {
    journal_->submit(say("one", "key"));
    journal_->submit(say("two", "key"));
    journal_->step();
    ASSERT_FALSE(answers_[1]);
    EXPECT_EQ(answers_[1].error().kind, ErrorKind::conflict);
    EXPECT_EQ(answers_[1].error().key, "kernel.journal.idempotency_mismatch");
}

// With a full disk, a line would be shown as kept though it is not, or numbers would have gaps.
TEST_F(JournalTest, a_failed_commit_leaves_nothing_behind_and_later_ones_work) {
    journal_->submit(say("kept"));
    journal_->step();
    store_->mood = Moody::Mood::refuses;
    journal_->submit(say("lost", "key"));
    journal_->step();
    ASSERT_FALSE(answers_[1]);
    EXPECT_EQ(answers_[1].error().kind, ErrorKind::unavailable);
    EXPECT_EQ(live_, std::vector<std::string>{"kept"});
    journal_->submit(say("still full"));
    journal_->step();
    EXPECT_FALSE(answers_[2]);

    store_->mood = Moody::Mood::well;
    clock_.advance(1s);
    journal_->submit(say("lost", "key"));
    journal_->step();
    ASSERT_TRUE(answers_[3]);
    EXPECT_EQ(live_, (std::vector<std::string>{"kept", "lost"}));
    EXPECT_EQ(pending_, live_) << "the pending side was folded again from the store";
    EXPECT_EQ(verify_chain(*store_)->sequence, 2U);
}

// With room for a page and not for a batch, everything would be folded again at every step, without end.
TEST_F(JournalTest, a_store_that_takes_only_probes_is_left_in_peace_for_longer_and_longer) {
    journal_->submit(say("kept"));
    journal_->step();
    store_->mood = Moody::Mood::takes_probes_only;
    const int before = store_->reads;
    for (int i = 0; i < 600; ++i) {
        journal_->submit(say("no room"));
        journal_->step();
        clock_.advance(100ms);
    }
    EXPECT_GT(store_->reads, before);
    EXPECT_LT(store_->reads - before, 20);
    store_->mood = Moody::Mood::well;
    clock_.advance(5s);
    journal_->submit(say("room again"));
    journal_->step();
    ASSERT_TRUE(answers_.back());
    EXPECT_EQ(live_, (std::vector<std::string>{"kept", "room again"}));
}

// A commit whose answer got lost would leave the board behind the store until the next restart.
TEST_F(JournalTest, a_commit_that_was_kept_though_reported_failed_is_published_later) {
    store_->mood = Moody::Mood::keeps_but_says_no;
    journal_->submit(say("in doubt", "key"));
    journal_->step();
    EXPECT_FALSE(answers_[0]);
    EXPECT_TRUE(live_.empty());
    store_->mood = Moody::Mood::well;
    clock_.advance(1s);
    journal_->submit(say("in doubt", "key"));  // the client tries again
    journal_->step();
    ASSERT_TRUE(answers_[1]);
    EXPECT_TRUE(answers_[1]->replayed);
    EXPECT_EQ(live_, std::vector<std::string>{"in doubt"});
}

// A second click on a full disk would be told that the line is kept, and it is not.
TEST_F(JournalTest, a_repeated_request_fails_with_the_commit_that_it_repeats) {
    store_->mood = Moody::Mood::refuses;
    journal_->submit(say("lost", "key"));
    journal_->submit(say("lost", "key"));
    journal_->step();
    ASSERT_EQ(answers_.size(), 2U);
    EXPECT_FALSE(answers_[0]);
    EXPECT_FALSE(answers_[1]);
}

// A person would read as erased until the next restart, or stay readable though erased.
TEST_F(JournalTest, keys_follow_a_commit_that_was_kept_though_reported_failed) {
    const auto about = [&](std::string person) {
        Command command = say("");
        command.decide = [person](Recorder& recorder) -> Result<Answer> {
            record(recorder, Place{"test/journal/p", {}, {}, {}, {}},
                   Said{"x", Personal{PersonId{person}, "港 花子"}});
            return Answer{};
        };
        return command;
    };
    journal_->submit(about("old"));
    journal_->step();
    store_->mood = Moody::Mood::keeps_but_says_no;
    journal_->submit(about("new"));
    Command erase = say("");
    erase.decide = [](Recorder& recorder) -> Result<Answer> {
        recorder.erase_person_key(PersonId{"old"});
        return Answer{};
    };
    journal_->submit(std::move(erase));
    journal_->step();
    EXPECT_FALSE(journal_->keyring().has(PersonId{"new"}));
    store_->mood = Moody::Mood::well;
    clock_.advance(1s);
    journal_->submit(say("after"));
    journal_->step();
    EXPECT_TRUE(journal_->keyring().has(PersonId{"new"}));
    EXPECT_FALSE(journal_->keyring().has(PersonId{"old"}));
    EXPECT_EQ(live_, (std::vector<std::string>{"x", "x", "after"}));
}

// Two people would overwrite each other's correction.
TEST_F(JournalTest, an_expected_version_that_has_passed_is_a_conflict) {
    journal_->submit(say("one"));
    Command command = say("two");
    command.decide = [](Recorder& recorder) -> Result<Answer> {
        EXPECT_EQ(recorder.version_of("test/journal/one"), 1U);
        record(recorder, Place{"test/journal/one", {}, {}, {}, 0}, Said{"two", {}});
        return Answer{};
    };
    journal_->submit(std::move(command));
    journal_->step();
    ASSERT_FALSE(answers_[1]);
    EXPECT_EQ(answers_[1].error().kind, ErrorKind::conflict);
    EXPECT_EQ(live_, std::vector<std::string>{"one"});
}

// An exception in one room would take the whole port down with it.
TEST_F(JournalTest, a_decision_that_throws_is_answered_and_the_others_are_kept) {
    Command command = say("bad");
    command.decide = [](Recorder&) -> Result<Answer> { throw std::runtime_error("bug"); };
    journal_->submit(std::move(command));
    journal_->submit(say("good"));
    journal_->step();
    ASSERT_FALSE(answers_[0]);
    EXPECT_TRUE(answers_[1]);
    EXPECT_EQ(live_, std::vector<std::string>{"good"});
}

// Erasing a person would leave the name readable, or break the chain for everyone.
TEST_F(JournalTest, erasing_a_person_hides_the_words_and_the_chain_still_verifies) {
    Command command = say("");
    command.decide = [](Recorder& recorder) -> Result<Answer> {
        record(recorder, Place{"test/journal/p", {}, {}, {}, {}},
               Said{"x", Personal{PersonId{"p1"}, "港 花子"}});
        return Answer{};
    };
    journal_->submit(std::move(command));
    journal_->step();
    std::string body;
    ASSERT_TRUE(store_->facts(1, [&](const Fact& fact) {
        body = fact.body;
        return true;
    }));
    EXPECT_EQ(body.find("花子"), std::string::npos);

    std::vector<Personal> seen;
    auto look = [&] {
        seen.clear();
        EXPECT_TRUE(store_->facts(1, [&](const Fact& fact) {
            Said said;
            EXPECT_TRUE(json::read_fact(fact.body, said, &journal_->keyring()));
            if (said.by) seen.push_back(*said.by);
            return true;
        }));
    };
    open();
    look();
    EXPECT_EQ(seen[0].text, "港 花子") << "the key is durable too";
    Command erase = say("");
    erase.decide = [](Recorder& recorder) -> Result<Answer> {
        recorder.erase_person_key(PersonId{"p1"});
        return Answer{};
    };
    journal_->submit(std::move(erase));
    journal_->step();
    open();
    look();
    EXPECT_TRUE(seen[0].erased);
    EXPECT_EQ(seen[0].text, "");
    EXPECT_EQ(verify_chain(*store_)->sequence, 1U);
}

// An open board that lost its line for a minute would miss what was said meanwhile.
TEST_F(JournalTest, events_resume_after_any_sequence_and_say_when_they_cannot) {
    journal_->submit(say("before the restart"));
    journal_->step();
    open();
    for (int i = 0; i < 3; ++i) journal_->submit(say(std::to_string(i)));
    journal_->step();
    auto later = journal_->events_after(2);
    ASSERT_TRUE(later);
    ASSERT_EQ(later->size(), 2U);
    EXPECT_EQ((*later)[0].sequence, 3U);
    EXPECT_TRUE(journal_->events_after(4)->empty());
    EXPECT_TRUE(journal_->events_after(1));
    EXPECT_FALSE(journal_->events_after(0)) << "the first fact was published by another process";
}

// A clerk told that nothing was recorded enters it again by hand, and it stands there twice.
TEST_F(JournalTest, a_commit_in_doubt_is_not_called_unrecorded) {
    store_->mood = Moody::Mood::refuses;
    store_->why = "kernel.store.in_doubt";
    std::string key;
    Command command = say("x");
    command.done = [&](Result<Answer> answer) { key = answer.error().key; };
    journal_->submit(std::move(command));
    journal_->step();
    EXPECT_EQ(key, "kernel.store.in_doubt");
}

// Answers hold names in clear; nobody asked for them to be kept longer than a week.
// A demo plays weeks of its past in a second; killed, it must still know every step. A journal that
// has grown forgets what nobody repeats any more.
TEST_F(JournalTest, answers_are_forgotten_after_a_week_once_there_are_many_facts) {
    Command first = say("x");
    first.idempotency_key = "k";
    journal_->submit(std::move(first));
    journal_->step();
    clock_.advance(std::chrono::days(8));
    journal_->step();
    EXPECT_TRUE(*store_->request("k"));
    for (int i = 0; i < 10'000; ++i) journal_->submit(say("y"));
    while (journal_->step() > 0) {}
    clock_.advance(std::chrono::hours(2));
    journal_->step();
    EXPECT_FALSE(*store_->request("k"));
}

class OutboxTest : public JournalTest {
protected:
    void ask(std::string key, std::string person, Span lifetime = 1h) {
        Command command = say("");
        command.decide = [=](Recorder& recorder) -> Result<Answer> {
            Message message;
            message.key = key;
            message.to = person + "@example.invalid";
            message.message_id = "<" + key + "@port>";
            recorder.send({"respond.callout/c1", PersonId{person}, message, recorder.now(),
                           recorder.now() + lifetime});
            return Answer{};
        };
        journal_->submit(std::move(command));
        journal_->step();
    }
    std::vector<Claim> claim() {
        std::vector<Claim> claims;
        journal_->claim(10, [&](Result<std::vector<Claim>> got) { claims = std::move(*got); });
        journal_->step();
        return claims;
    }
    void settle(const std::string& key, Outcome outcome) {
        journal_->settle(key, Delivery{outcome, "relay", ""}, {});
        journal_->step();
    }
    void cancel(const std::string& person) {
        Command command = say("");
        command.decide = [=](Recorder& recorder) -> Result<Answer> {
            recorder.cancel_messages("respond.callout/c1", PersonId{person});
            return Answer{};
        };
        journal_->submit(std::move(command));
        journal_->step();
    }
};

// A second click on the alarm would call everybody twice.
TEST_F(OutboxTest, a_key_is_sent_once_even_across_a_restart) {
    ask("k1", "a");
    ask("k1", "a");
    auto claims = claim();
    ASSERT_EQ(claims.size(), 1U);
    EXPECT_EQ(claims[0].message.to, "a@example.invalid");
    settle("k1", Outcome::delivered);
    open();
    ask("k1", "a");
    EXPECT_TRUE(claim().empty());
    EXPECT_EQ(journal_->outbox_counts().delivered, 1U);
}

// The port would keep the address of somebody who was promised to be forgotten.
TEST_F(OutboxTest, messages_to_an_erased_person_are_emptied_and_not_sent) {
    ask("sent", "p1");
    ASSERT_EQ(claim().size(), 1U);
    settle("sent", Outcome::delivered);
    ask("under_way", "p1");
    ASSERT_EQ(claim().size(), 1U);
    ask("waiting", "p1");
    ask("other", "p2");
    Command erase = say("");
    erase.decide = [](Recorder& recorder) -> Result<Answer> {
        recorder.erase_person_key(PersonId{"p1"});
        return Answer{};
    };
    journal_->submit(std::move(erase));
    journal_->step();
    EXPECT_TRUE(store_->each_outbox([&](const store::OutboxRow& row) {
        EXPECT_EQ(row.message.empty(), row.person == "p1") << row.key;
        return true;
    }));
    settle("under_way", Outcome::failed);
    clock_.advance(1min);
    const auto claims = claim();
    ASSERT_EQ(claims.size(), 1U);
    EXPECT_EQ(claims[0].key, "other");
    EXPECT_EQ(journal_->outbox_counts().cancelled, 2U);
}

// The process dies between sending and noting it: silence would be worse than a repeat.
TEST_F(OutboxTest, a_message_interrupted_while_sending_is_in_doubt_and_repeated_alike) {
    ask("k1", "a");
    const auto first = claim();
    open();
    EXPECT_EQ(journal_->outbox_counts().in_doubt, 1U);
    const auto second = claim();
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].message.message_id, first[0].message.message_id);
    EXPECT_EQ(second[0].attempt, 2);
}

// A dead relay would end the alarm.
TEST_F(OutboxTest, a_failed_message_is_tried_again_later_and_a_refused_one_is_not) {
    ask("k1", "a");
    claim();
    settle("k1", Outcome::failed);
    EXPECT_TRUE(claim().empty());
    EXPECT_EQ(journal_->next_message_due(), clock_.now() + pause_after(1));
    clock_.advance(pause_after(1));
    ASSERT_EQ(claim().size(), 1U);
    settle("k1", Outcome::refused);
    clock_.advance(1h);
    EXPECT_TRUE(claim().empty());
    EXPECT_EQ(journal_->outbox_counts().refused, 1U);
}

// Whoever has answered would be paged again.
TEST_F(OutboxTest, a_cancelled_message_is_never_handed_to_a_courier) {
    ask("k1", "a");
    ask("k2", "ab");
    cancel("a");
    auto claims = claim();
    ASSERT_EQ(claims.size(), 1U);
    EXPECT_EQ(claims[0].person.text, "ab");
    // Cancelled under way: it is not tried a second time.
    cancel("ab");
    settle("k2", Outcome::failed);
    clock_.advance(1h);
    EXPECT_TRUE(claim().empty());
    EXPECT_EQ(journal_->outbox_counts().cancelled, 2U);
}

// A months-old alarm would page somebody when the relay comes back.
TEST_F(OutboxTest, an_expired_message_is_given_up) {
    ask("k1", "a", 10min);
    clock_.advance(11min);
    EXPECT_TRUE(claim().empty());
    EXPECT_EQ(journal_->outbox_counts().gave_up, 1U);
}

// A timer kept only in memory would be lost in a restart.
TEST_F(JournalTest, a_timer_fires_when_the_clock_reaches_it) {
    const Instant due = clock_.now() + 10min;
    journal_->add_timer({[this, due]() -> std::optional<Instant> {
                             return pending_.empty() ? std::optional(due) : std::nullopt;
                         },
                         [](Recorder& recorder) -> Result<> {
                             record(recorder, Place{"test/journal/t", {}, {}, {}, {}},
                                    Said{"due", {}});
                             return {};
                         }});
    EXPECT_EQ(journal_->step(), 0U);
    EXPECT_EQ(journal_->next_due(), due);
    clock_.advance(10min);
    EXPECT_EQ(journal_->step(), 1U);
    EXPECT_EQ(live_, std::vector<std::string>{"due"});
    EXPECT_EQ(journal_->step(), 0U);
}

// Somebody rewrites history and nobody notices.
TEST_F(JournalTest, a_changed_fact_breaks_the_chain_where_it_was_changed) {
    for (int i = 0; i < 3; ++i) journal_->submit(say("line " + std::to_string(i)));
    journal_->step();
    std::vector<Fact> facts;
    ASSERT_TRUE(store_->facts(1, [&](const Fact& fact) {
        facts.push_back(fact);
        return true;
    }));
    EXPECT_EQ(facts[1].previous, facts[0].hash);
    Fact changed = facts[1];
    changed.body = R"({"text":"line X"})";
    EXPECT_NE(hash_of(changed), facts[1].hash);
    for (auto change : {+[](Fact& f) { f.actor += "x"; }, +[](Fact& f) { f.event_time += 1us; },
                        +[](Fact& f) { f.exercise = "e"; }, +[](Fact& f) { f.sequence += 1; },
                        +[](Fact& f) { f.visibility += " "; }, +[](Fact& f) { f.schema = 2; }}) {
        Fact other = facts[1];
        change(other);
        EXPECT_NE(hash_of(other), facts[1].hash);
    }
}

}  // namespace
}  // namespace noroshi::journal
