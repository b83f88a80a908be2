#pragma once
// What bench/mail and bench/sms share: the port's own rooms on a fresh SQLite directory, as the
// server has them (synchronous=FULL, one journal thread, the dispatcher's threads), with as many
// people as the alarm is for; and one call-out to all of them.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "app/rooms.h"
#include "edge/courier/dispatch.h"
#include "kernel/store/store.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council.h"
#include "prepare/council/council_view.h"
#include "respond/callout/callout.h"
#include "respond/incident/incident.h"

namespace noroshi::bench {

using SteadyClock = std::chrono::steady_clock;
inline double seconds_since(SteadyClock::time_point start) {
    return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

// Remembers what was sent, so that the plain loop sends the same.
class Keeping final : public Courier {
public:
    explicit Keeping(Courier& courier) : courier_(courier) {}
    Delivery carry(const Message& message, int attempt) override {
        {
            std::lock_guard lock(guard_);
            sent.push_back(message);
        }
        return courier_.carry(message, attempt);
    }
    std::vector<Message> sent;

private:
    Courier& courier_;
    std::mutex guard_;
};

class AlarmedPort {
public:
    // Everybody is called over this one channel.
    AlarmedPort(std::string dir, std::size_t people, Channel channel, edge::courier::Post post)
        : dir_(std::move(dir)), people_(people) {
        std::filesystem::remove_all(dir_);
        std::filesystem::create_directories(dir_);
        auto opened = store::open_sqlite({dir_ + "/noroshi.db", ""});
        ASSERT(opened);
        store_ = std::move(*opened);
        journal_ = std::make_unique<journal::Journal>(*store_, clock_, random_, journal::Options{});
        app::RoomOptions options;
        options.credentials.hashing_threads = 0;
        rooms_ = std::make_unique<app::Rooms>(*journal_, options);
        rooms_->callout.set_public_url("https://port.example");
        rooms_->callout.set_gateways({channel}, "");
        dispatcher_ = std::make_unique<edge::courier::Dispatcher>(
            *journal_, std::map<Channel, edge::courier::Post>{{channel, post}});
        ASSERT(journal_->start());
        thread_ = std::jthread([this](const std::stop_token& stop) { journal_->run(stop); });
        dispatcher_->start();
        make_people(channel);
    }
    ~AlarmedPort() {
        dispatcher_->stop();
        thread_.request_stop();
        // Wakes it.
        perform([](journal::Recorder&) -> Result<> { return {}; });
        thread_.join();
        dispatcher_.reset();
        rooms_.reset();
        journal_.reset();
        store_.reset();
        std::filesystem::remove_all(dir_);
    }

    // Calls everybody out. Seconds until every message is with the gateway and that is durable.
    double call_out() {
        const auto start = SteadyClock::now();
        CalloutId callout;
        perform([&](journal::Recorder& recorder) -> Result<> {
            respond::callout::RaiseRequest request;
            request.incident = incident_;
            request.text =
                "コンテナターミナルのシステムが停止しました。対策本部に参集してください。";
            request.organisations = {organisation_};
            request.reminders = 0;
            TRY_LET(const auto raised, rooms_->callout.raise(recorder, request, duty()));
            callout = raised.id;
            return {};
        });
        while (journal_->outbox_counts().delivered < people_)
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        const double took = seconds_since(start);
        const auto counts = journal_->outbox_counts();
        ASSERT(counts.delivered == people_ && counts.in_doubt == 0 && counts.refused == 0);
        // Each can be answered, and the answer is there.
        const PersonId one = last_;
        perform([&](journal::Recorder& recorder) {
            return rooms_->callout.answer_by_link(
                recorder, {callout, one, recorder.now() + std::chrono::hours(1)}, {});
        });
        return took;
    }

private:
    Principal duty() const { return *rooms_->council.view().find_person(duty_); }

    void perform(std::function<Result<>(journal::Recorder&)> decide) {
        std::mutex guard;
        std::condition_variable changed;
        bool done = false;
        journal::Command command;
        command.actor = "system";
        command.decide = [&](journal::Recorder& recorder) -> Result<journal::Answer> {
            TRY(decide(recorder));
            return journal::Answer{};
        };
        command.done = [&](Result<journal::Answer> answer) {
            if (!answer) fmt::print(stderr, "{}\n", describe(answer.error()));
            ASSERT(answer);
            std::lock_guard lock(guard);
            done = true;
            changed.notify_all();
        };
        journal_->submit(std::move(command));
        std::unique_lock lock(guard);
        changed.wait(lock, [&] { return done; });
    }

    void make_people(Channel channel) {
        perform([&](journal::Recorder& recorder) -> Result<> {
            prepare::council::OrganisationDraft draft;
            draft.kind = prepare::council::OrganisationKind::port_manager;
            draft.name = "灯浜港港湾管理者";
            TRY_LET(organisation_, rooms_->council.register_organisation(recorder, draft));
            return {};
        });
        const std::size_t at_once = 500;
        for (std::size_t i = 0; i < people_; i += at_once)
            for (const bool contacts : {false, true})
                perform([&](journal::Recorder& recorder) -> Result<> {
                    for (std::size_t n = i; n < std::min(people_, i + at_once); ++n)
                        if (contacts) {
                            TRY(rooms_->contacts.change_contact(
                                recorder, ids_[n],
                                {fmt::format("person{}@port.example", n),
                                 fmt::format("+8190{:08}", n),
                                 "",
                                 "",
                                 {channel}}));
                        } else {
                            prepare::council::PersonDraft person;
                            person.name = fmt::format("担当 {}", n);
                            person.kana = "たんとう";
                            TRY_LET(
                                auto id,
                                rooms_->council.register_person(
                                    recorder, person,
                                    {{organisation_, n == 0 ? Role::duty_officer : Role::member}}));
                            ids_.push_back(std::move(id));
                        }
                    return {};
                });
        duty_ = ids_.front();
        last_ = ids_.back();
        perform([&](journal::Recorder& recorder) -> Result<> {
            respond::incident::OpenRequest request;
            request.title = "ターミナルシステムの停止";
            request.effects = {respond::incident::Effect::freight};
            TRY_LET(const auto opened, rooms_->incident.open(recorder, duty(), request));
            incident_ = opened.id;
            return {};
        });
    }

    std::string dir_;
    std::size_t people_;
    RealClock clock_;
    SystemRandom random_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<app::Rooms> rooms_;
    std::unique_ptr<edge::courier::Dispatcher> dispatcher_;
    std::jthread thread_;
    OrganisationId organisation_;
    std::vector<PersonId> ids_;
    PersonId duty_, last_;
    IncidentId incident_;
};

}  // namespace noroshi::bench
