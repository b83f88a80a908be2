// The room on a real journal and store, with pretended time and no network.

#include <gtest/gtest.h>

#include "kernel/journal/record.h"
#include "kernel/store/store_for_tests.h"
#include "practise/drills/drills_facts.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council_view.h"
#include "prepare/port/port.h"
#include "respond/callout/callout.h"
#include "respond/callout/callout_view.h"

namespace noroshi::respond::callout {
namespace {

using namespace prepare;
using std::chrono::minutes;

class CalloutRoom : public testing::Test {
protected:
    void SetUp() override {
        open();
        port_ = organisation(council::OrganisationKind::port_manager, "灯浜港港湾管理者");
        north_ = organisation(council::OrganisationKind::terminal_operator, "第一ターミナル");
        duty_ = person("当直", port_, Role::duty_officer, "duty@port.example");
        sato_ = person("佐藤", north_, Role::security_person, "sato@north.example");
        abe_ = person("阿部", north_, Role::leader, "abe@north.example");
        silent_ = person("上田", north_, Role::member, "");
        incident_ = open_incident({});
    }

    void open() {
        callout_.reset();
        incidents_.reset();
        contacts_.reset();
        ports_.reset();
        council_.reset();
        journal_.reset();
        store_.reset();
        auto opened = store::open_sqlite({folder_ / "noroshi.db", ""});
        ASSERT_TRUE(opened) << describe(opened.error());
        store_ = std::move(*opened);
        journal_ = std::make_unique<journal::Journal>(*store_, clock_, random_, journal::Options{});
        council_ = std::make_unique<council::Council>(*journal_);
        ports_ = std::make_unique<port::Port>(*journal_, *council_);
        contacts_ = std::make_unique<contacts::Contacts>(*journal_, *council_);
        incidents_ = std::make_unique<incident::Incident>(*journal_, *council_, *ports_);
        callout_ = std::make_unique<Callout>(
            *journal_, *council_, *contacts_, *incidents_,
            CalloutOptions{"https://port.example", "port.example", "Asia/Tokyo"});
        auto started = journal_->start();
        ASSERT_TRUE(started) << describe(started.error());
    }

    // Runs one command to its end.
    template <class F>
    auto run(const PersonId& actor, F decide) {
        using Out = decltype(decide(std::declval<journal::Recorder&>()));
        std::optional<Out> out;
        journal::Command command;
        command.actor = actor.text.empty() ? "system" : actor.text;
        command.decide = [&](journal::Recorder& recorder) -> Result<journal::Answer> {
            out = decide(recorder);
            if (!*out) return std::unexpected(out->error());
            return journal::Answer{};
        };
        journal_->submit(std::move(command));
        while (journal_->step() > 0) {}
        return std::move(*out);
    }

    OrganisationId organisation(council::OrganisationKind kind, std::string name) {
        return *run({}, [&](journal::Recorder& recorder) {
            council::OrganisationDraft draft;
            draft.kind = kind;
            draft.name = name;
            draft.name_en = name;
            return council_->register_organisation(recorder, draft);
        });
    }
    PersonId person(std::string name, const OrganisationId& of, Role role, std::string email) {
        const auto id = *run({}, [&](journal::Recorder& recorder) {
            council::PersonDraft draft;
            draft.name = name;
            draft.kana = "かな";
            return council_->register_person(recorder, draft, {{of, role}});
        });
        if (!email.empty()) {
            auto kept = run({}, [&](journal::Recorder& recorder) {
                contacts::ContactDraft draft;
                draft.email = email;
                return contacts_->change_contact(recorder, id, draft);
            });
            EXPECT_TRUE(kept) << describe(kept.error());
        }
        return id;
    }
    IncidentId open_incident(std::optional<ExerciseId> exercise) {
        auto opened = run(duty_, [&](journal::Recorder& recorder) {
            incident::OpenRequest request;
            request.title = "TOSの停止";
            request.effects = {incident::Effect::freight};
            request.exercise = exercise;
            return incidents_->open(recorder, as(duty_), request);
        });
        EXPECT_TRUE(opened) << describe(opened.error());
        return opened ? opened->id : IncidentId{};
    }
    ExerciseId start_exercise(double speed) {
        ExerciseId id{"exercise1"};
        auto started = run(duty_, [&](journal::Recorder& recorder) -> Result<> {
            practise::drills::ExerciseStarted body;
            body.title = "情報伝達訓練";
            body.speed = speed;
            body.starts_at = *parse_rfc3339("2023-07-04T06:30:00+09:00");
            journal::record(
                recorder,
                journal::Place{
                    "practise/drills/" + id.text, {Tlp::green, {}, {}}, journal::World{id}, {}, {}},
                body);
            return {};
        });
        EXPECT_TRUE(started);
        return id;
    }
    Principal as(const PersonId& person) { return *council_->view().find_person(person); }

    Result<Callout::Raised> raise(const IncidentId& incident, int after = 10, int reminders = 3) {
        return run(duty_, [&](journal::Recorder& recorder) {
            RaiseRequest request;
            request.incident = incident;
            request.text = "県庁3階に参集してください。";
            request.organisations = {north_};
            request.remind_after_minutes = after;
            request.reminders = reminders;
            return callout_->raise(recorder, request, as(duty_));
        });
    }
    Result<PersonId> answer(const CalloutId& id, const PersonId& who, AnswerKind kind) {
        return run(who, [&](journal::Recorder& recorder) {
            AnswerRequest request;
            request.answer = kind;
            if (kind == AnswerKind::substitute) request.substitute = "代理 太郎";
            return callout_->answer(recorder, id, request, as(who));
        });
    }

    // Carries what is due; every message that goes out is kept.
    std::vector<Message> carry(Outcome outcome = Outcome::delivered) {
        std::vector<journal::Claim> claims;
        journal_->claim(100, [&](Result<std::vector<journal::Claim>> claimed) {
            ASSERT_TRUE(claimed);
            claims = std::move(*claimed);
        });
        while (journal_->step() > 0) {}
        std::vector<Message> messages;
        for (auto& claim : claims) {
            journal_->settle(claim.key, {outcome, "relay1", "250"}, nullptr);
            messages.push_back(std::move(claim.message));
        }
        while (journal_->step() > 0) {}
        return messages;
    }
    void pass(Span by) {
        clock_.advance(by);
        while (journal_->step() > 0) {}
    }
    std::vector<std::string> to(const std::vector<Message>& messages) {
        std::vector<std::string> out;
        out.reserve(messages.size());
        for (const auto& message : messages) out.push_back(message.to);
        std::ranges::sort(out);
        return out;
    }
    CalloutItem board(const CalloutId& id) {
        return *callout_->view().item(id, as(duty_), Language::ja);
    }
    AddresseeItem line(const CalloutId& id, const PersonId& who) {
        for (const auto& one : board(id).addressees)
            if (one.person == who) return one;
        ADD_FAILURE() << "not addressed";
        return {};
    }

    store::TemporaryFolder folder_;
    PretendClock clock_{*parse_rfc3339("2026-07-04T06:30:00+09:00")};
    SeededRandom random_{7};
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<council::Council> council_;
    std::unique_ptr<port::Port> ports_;
    std::unique_ptr<contacts::Contacts> contacts_;
    std::unique_ptr<incident::Incident> incidents_;
    std::unique_ptr<Callout> callout_;
    OrganisationId port_, north_;
    PersonId duty_, sato_, abe_, silent_;
    IncidentId incident_;
};

using Mails = std::vector<std::string>;

TEST_F(CalloutRoom, CallsEverybodyOnceAndNamesWhoCannotBeReached) {
    // Wrong: one of three security persons has no address and nobody notices before morning.
    const auto raised = raise(incident_);
    ASSERT_TRUE(raised) << describe(raised.error());
    EXPECT_EQ(to(carry()), (Mails{"abe@north.example", "sato@north.example"}));
    EXPECT_EQ(to(carry()), Mails{});
    const auto item = board(raised->id);
    EXPECT_EQ(item.reach.addressed, 3U);
    EXPECT_EQ(item.reach.delivered, 2U);
    ASSERT_EQ(item.unreachable.size(), 1U);
    EXPECT_EQ(item.unreachable[0].person, silent_);
    EXPECT_EQ(item.unreachable[0].why, Gap::no_address);
    EXPECT_EQ(line(raised->id, sato_).state, AddresseeState::delivered);
}

TEST_F(CalloutRoom, WhoeverHasAnsweredGetsNothingMore) {
    // Wrong: people who are on their way are called again, and switch the telephone off.
    const auto raised = raise(incident_);
    ASSERT_TRUE(raised);
    carry();
    ASSERT_TRUE(answer(raised->id, sato_, AnswerKind::coming));
    pass(minutes(10));
    EXPECT_EQ(to(carry()), Mails{"abe@north.example"});
    ASSERT_TRUE(answer(raised->id, abe_, AnswerKind::cannot));
    pass(minutes(60));
    EXPECT_EQ(to(carry()), Mails{});
    EXPECT_EQ(board(raised->id).reach.answered, 2U);
    EXPECT_EQ(board(raised->id).reach.coming, 1U);
}

TEST_F(CalloutRoom, AnAnswerStopsTheMessageThatIsStillWaiting) {
    // Wrong: the relay is down, the person answers at the desk, and is woken an hour later.
    const auto raised = raise(incident_);
    ASSERT_TRUE(raised);
    ASSERT_TRUE(answer(raised->id, sato_, AnswerKind::coming));
    EXPECT_EQ(to(carry()), Mails{"abe@north.example"});
}

TEST_F(CalloutRoom, RemindersStopByThemselves) {
    // Wrong: a forgotten call-out rings every ten minutes until Monday.
    const auto raised = raise(incident_, 10, 2);
    ASSERT_TRUE(raised);
    EXPECT_EQ(carry().size(), 2U);
    pass(minutes(9));
    EXPECT_EQ(carry().size(), 0U);
    pass(minutes(1));
    const auto first = carry();
    ASSERT_EQ(first.size(), 2U);
    EXPECT_TRUE(first[0].subject.contains("再送1")) << first[0].subject;
    EXPECT_FALSE(first[0].in_reply_to.empty());
    pass(minutes(10));
    EXPECT_EQ(carry().size(), 2U);
    pass(minutes(600));
    EXPECT_EQ(carry().size(), 0U);
    EXPECT_EQ(board(raised->id).state, CalloutState::open);
    pass(minutes(24 * 60));
    EXPECT_EQ(board(raised->id).ending, Ending::expired);
}

TEST_F(CalloutRoom, ARestartLosesNoReminderAndSendsNoneTwice) {
    // Wrong: the server is restarted in the middle of the alarm and forgets who was not reached.
    const auto raised = raise(incident_);
    ASSERT_TRUE(raised);
    carry();
    open();
    clock_.advance(minutes(45));  // down for long: one reminder is due, not four at once
    while (journal_->step() > 0) {}
    EXPECT_EQ(carry().size(), 2U);
    EXPECT_EQ(board(raised->id).reminders_sent, 1);
    pass(minutes(9));
    EXPECT_EQ(carry().size(), 0U);
    pass(minutes(1));
    EXPECT_EQ(carry().size(), 2U);
}

TEST_F(CalloutRoom, AResolvedCallOutIsSilent) {
    // Wrong: the incident is over and half the port is still being woken.
    const auto raised = raise(incident_);
    ASSERT_TRUE(raised);
    ASSERT_TRUE(run(duty_, [&](journal::Recorder& recorder) {
        return callout_->resolve(recorder, raised->id, as(duty_));
    }));
    EXPECT_EQ(carry().size(), 0U);
    pass(minutes(600));
    EXPECT_EQ(carry().size(), 0U);
    const auto late = answer(raised->id, sato_, AnswerKind::coming);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().key, "respond.callout.over");
}

TEST_F(CalloutRoom, AnswersMayBeChangedAndAllAreKept) {
    // Wrong: somebody who said "coming" and broke down on the road cannot say so.
    const auto raised = raise(incident_);
    ASSERT_TRUE(raised);
    ASSERT_TRUE(answer(raised->id, sato_, AnswerKind::coming));
    const auto before = journal_->head().sequence;
    ASSERT_TRUE(answer(raised->id, sato_, AnswerKind::substitute));
    EXPECT_EQ(journal_->head().sequence, before + 1);
    EXPECT_EQ(line(raised->id, sato_).answer, AnswerKind::substitute);
    EXPECT_EQ(line(raised->id, sato_).substitute, "代理 太郎");
    EXPECT_EQ(board(raised->id).reach.answered, 1U);
}

TEST_F(CalloutRoom, AnAnswerMayBeTakenDownForSomebody) {
    // Wrong: the person who answers by telephone counts as not reached.
    const auto raised = raise(incident_);
    ASSERT_TRUE(raised);
    AnswerRequest request;
    request.person = silent_;
    request.answer = AnswerKind::coming;
    ASSERT_TRUE(run(duty_, [&](journal::Recorder& recorder) {
        return callout_->answer(recorder, raised->id, request, as(duty_));
    }));
    const auto taken = line(raised->id, silent_);
    EXPECT_EQ(taken.state, AddresseeState::answered);
    EXPECT_EQ(taken.way, Way::on_behalf);
    EXPECT_EQ(taken.answered_by, "当直");
    EXPECT_TRUE(board(raised->id).unreachable.empty());
    const auto meddling = run(sato_, [&](journal::Recorder& recorder) {
        return callout_->answer(recorder, raised->id, request, as(sato_));
    });
    ASSERT_FALSE(meddling);
    EXPECT_NE(meddling.error().kind, ErrorKind::unavailable);
}

TEST_F(CalloutRoom, AnswersByLinkCountAndExpire) {
    // Wrong: the one thing a person has to do at 03:00 does not work without a password.
    const auto raised = raise(incident_);
    ASSERT_TRUE(raised);
    const auto mails = carry();
    ASSERT_FALSE(mails.empty());
    const auto& mail = mails[0].to == "sato@north.example" ? mails[0] : mails[1];
    const auto begin = mail.text.find("https://port.example/l/") + 23;
    const auto link = open_link(mail.text.substr(begin, mail.text.find('\n', begin) - begin),
                                journal_->installation_key());
    ASSERT_TRUE(link);
    EXPECT_EQ(link->person, sato_);
    AnswerRequest request;
    request.answer = AnswerKind::cannot;
    auto by_link = [&] {
        return run({}, [&](journal::Recorder& recorder) {
            return callout_->answer_by_link(recorder, *link, request);
        });
    };
    ASSERT_TRUE(by_link());
    EXPECT_EQ(line(raised->id, sato_).way, Way::link);
    pass(minutes(24 * 60 + 1));
    const auto late = by_link();
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().key, "respond.callout.link_expired");
}

TEST_F(CalloutRoom, AnErasedPersonsLinkIsOver) {
    // Wrong: an answer after the erasure makes a new key, and the person is in the journal again.
    const auto raised = raise(incident_);
    ASSERT_TRUE(raised);
    ASSERT_TRUE(run(
        {}, [&](journal::Recorder& recorder) { return council_->erase_person(recorder, sato_); }));
    const Link link{raised->id, sato_, clock_.now() + minutes(10)};
    AnswerRequest request;
    request.note = "すぐ行く";
    const auto by_link = run({}, [&](journal::Recorder& recorder) {
        return callout_->answer_by_link(recorder, link, request);
    });
    ASSERT_FALSE(by_link);
    EXPECT_EQ(by_link.error().key, "respond.callout.link_invalid");
    request.person = sato_;
    EXPECT_FALSE(run(duty_, [&](journal::Recorder& recorder) {
        return callout_->answer(recorder, raised->id, request, as(duty_));
    }));
    EXPECT_FALSE(journal_->keyring().has(sato_));
}

TEST_F(CalloutRoom, WhatAnErasedPersonWroteIsForgottenAtOnce) {
    // Wrong: the board shows the words until somebody restarts the server.
    const auto raised = raise(incident_);
    ASSERT_TRUE(raised);
    AnswerRequest request;
    request.answer = AnswerKind::substitute;
    request.substitute = "代理 太郎";
    request.note = "子どもが熱を出した";
    ASSERT_TRUE(run(sato_, [&](journal::Recorder& recorder) {
        return callout_->answer(recorder, raised->id, request, as(sato_));
    }));
    EXPECT_EQ(line(raised->id, sato_).note, "子どもが熱を出した");
    ASSERT_TRUE(run(
        {}, [&](journal::Recorder& recorder) { return council_->erase_person(recorder, sato_); }));
    EXPECT_EQ(line(raised->id, sato_).state, AddresseeState::answered);
    EXPECT_FALSE(line(raised->id, sato_).note);
    EXPECT_FALSE(line(raised->id, sato_).substitute);
}

TEST_F(CalloutRoom, ARefusedAddressIsShownOnTheBoard) {
    // Wrong: "sent" stands beside a person whose mailbox no longer exists.
    const auto raised = raise(incident_, 10, 0);
    ASSERT_TRUE(raised);
    carry(Outcome::refused);
    EXPECT_EQ(line(raised->id, sato_).state, AddresseeState::failed);
    EXPECT_EQ(board(raised->id).unreachable.size(), 3U);
    EXPECT_EQ(line(raised->id, sato_).gap, Gap::refused);
    EXPECT_EQ(line(raised->id, sato_).problem, "relay1: 250");
}

TEST_F(CalloutRoom, ADoubtfulTransmissionIsSaidToBeOne) {
    // Wrong: the board claims to know what nobody knows.
    const auto raised = raise(incident_);
    ASSERT_TRUE(raised);
    const auto first = carry(Outcome::unknown);
    EXPECT_EQ(line(raised->id, sato_).state, AddresseeState::sent);
    clock_.advance(minutes(1));
    const auto again = carry(Outcome::delivered);
    ASSERT_EQ(again.size(), first.size());
    EXPECT_EQ(again[0].message_id.substr(0, 20), first[0].message_id.substr(0, 20));
    EXPECT_EQ(line(raised->id, sato_).state, AddresseeState::delivered);
}

TEST_F(CalloutRoom, ADrillRunsOnItsOwnClockAndIsStamped) {
    // Wrong: in an exercise at ×60 the reminder comes ten real minutes later, when it is long over;
    // or it comes without the stamp.
    const auto exercise = start_exercise(60);
    const auto drill = open_incident(exercise);
    const auto raised = raise(drill, 10, 2);
    ASSERT_TRUE(raised) << describe(raised.error());
    const auto first = carry();
    ASSERT_EQ(first.size(), 2U);
    for (const auto& message : first) {
        EXPECT_TRUE(message.drill);
        EXPECT_TRUE(message.subject.starts_with("【訓練】"));
        EXPECT_TRUE(message.text.starts_with("【訓練】"));
    }
    EXPECT_EQ(format_rfc3339(board(raised->id).raised_at).substr(0, 4), "2023");
    pass(std::chrono::seconds(9));
    EXPECT_EQ(carry().size(), 0U);
    pass(std::chrono::seconds(1));
    EXPECT_EQ(carry().size(), 2U);
    ASSERT_TRUE(run(duty_, [&](journal::Recorder& recorder) -> Result<> {
        journal::record(recorder,
                        journal::Place{"practise/drills/" + exercise.text,
                                       {Tlp::green, {}, {}},
                                       journal::World{exercise},
                                       {},
                                       {}},
                        practise::drills::ExerciseEnded{});
        return {};
    }));
    pass(std::chrono::seconds(0));
    EXPECT_EQ(board(raised->id).ending, Ending::exercise_ended);
    pass(minutes(60));
    EXPECT_EQ(carry().size(), 0U);
}

TEST_F(CalloutRoom, WhoWasCalledButMayNotSeeTheIncidentSeesTheirOwnLineOnly) {
    // Wrong: calling a vendor shows the vendor who else in the port is in trouble.
    const auto vendor = organisation(council::OrganisationKind::vendor, "保守会社");
    const auto outsider = person("外部", vendor, Role::member, "x@vendor.example");
    Result<IncidentId> narrow = run(duty_, [&](journal::Recorder& recorder) -> Result<IncidentId> {
        incident::OpenRequest request;
        request.title = "秘密の停止";
        request.effects = {incident::Effect::freight};
        request.visibility = incident::Readers{Tlp::amber_strict, {port_, north_}, {}};
        TRY_LET(auto opened, incidents_->open(recorder, as(duty_), request));
        return opened.id;
    });
    ASSERT_TRUE(narrow) << describe(narrow.error());
    const auto raised = run(duty_, [&](journal::Recorder& recorder) {
        RaiseRequest request;
        request.incident = *narrow;
        request.text = "至急お越しください。";
        request.organisations = {north_, vendor};
        return callout_->raise(recorder, request, as(duty_));
    });
    ASSERT_TRUE(raised) << describe(raised.error());
    for (const auto& message : carry())
        EXPECT_EQ(message.subject.contains("秘密"), message.to != "x@vendor.example")
            << message.subject;
    const auto seen = callout_->view().item(raised->id, as(outsider), Language::ja);
    ASSERT_TRUE(seen);
    ASSERT_EQ(seen->addressees.size(), 1U);
    EXPECT_EQ(seen->addressees[0].person, outsider);
    EXPECT_TRUE(seen->unreachable.empty());
    EXPECT_EQ(callout_->view().list(*narrow, as(sato_), Language::ja).items.size(), 1U);
    const auto other = organisation(council::OrganisationKind::haulier, "運送会社");
    const auto stranger = person("別人", other, Role::member, "");
    EXPECT_EQ(callout_->view().list(*narrow, as(stranger), Language::ja).hidden, 1U);
}

TEST_F(CalloutRoom, AChatGetsNoMoreThanItsLabelAllowsAndARoomNobodysLink) {
    // Wrong: what is for the port alone stands in an outside chat, with a link that answers for somebody.
    contacts_->set_chat_services({"works"});
    callout_->set_gateways({Channel::email, Channel::chat}, {});
    const auto keep = [&](const PersonId& person, contacts::ContactDraft draft) {
        ASSERT_TRUE(run({}, [&](journal::Recorder& recorder) {
            return contacts_->change_contact(recorder, person, draft);
        }));
    };
    keep(silent_, {.chat = "works:ueda"});
    keep(sato_, {.email = "sato@north.example",
                 .channels = {Channel::chat, Channel::email},
                 .chat = "works:sato"});
    callout_->set_chats({{"works", Tlp::green, false, {}},
                         {"board", Tlp::amber, true, {}},
                         {"others", Tlp::amber, true, {OrganisationId{"elsewhere"}}},
                         {"public", Tlp::clear, true, {}}});
    const auto tlp = incidents_->state().find(incident_)->visibility->tlp;
    ASSERT_EQ(tlp, Tlp::green) << "the label this test is about";

    const auto raised = raise(incident_);
    ASSERT_TRUE(raised);
    const auto messages = carry();
    EXPECT_EQ(to(messages), (Mails{"abe@north.example", "board:", "works:sato", "works:ueda"}));
    for (const auto& message : messages) {
        if (message.to == "board:") {
            EXPECT_FALSE((message.text + message.html).contains("/l/")) << message.html;
            EXPECT_TRUE(message.subject.contains("TLP:GREEN"));
        } else if (message.channel == Channel::chat) {
            EXPECT_TRUE(message.html.contains("https://port.example/l/"));
        }
    }
    ASSERT_EQ(board(raised->id).rooms.size(), 1U);
    EXPECT_TRUE(board(raised->id).rooms[0].told);
    EXPECT_EQ(line(raised->id, silent_).state, AddresseeState::delivered);

    // The same people, when the chat may have less.
    callout_->set_chats({{"works", Tlp::clear, false, {}}});
    clock_.advance(minutes(1));  // later than that it would wait for the first
    const auto again = raise(incident_);
    ASSERT_TRUE(again);
    EXPECT_EQ(to(carry()), (Mails{"abe@north.example", "sato@north.example"}));
    EXPECT_EQ(line(again->id, silent_).gap, Gap::not_for_chat);
}

TEST_F(CalloutRoom, ASheetSentByHandIsAMessageThatArrived) {
    // Wrong: an office with a FAX only is called unreachable, though somebody sent the sheet.
    const auto raised = raise(incident_);
    ASSERT_TRUE(raised);
    carry();
    const auto send = [&](const PersonId& person, SheetRequest request) {
        return run(duty_, [&](journal::Recorder& recorder) {
            return callout_->send_sheet(recorder, raised->id, person, request, as(duty_));
        });
    };
    EXPECT_EQ(line(raised->id, silent_).state, AddresseeState::failed);
    pass(minutes(5));
    EXPECT_EQ(send(silent_, {.sent_at = clock_.now() + minutes(1), .by = {}}).error().pointer,
              "/sent_at");
    EXPECT_EQ(send(duty_, {}).error().key, "respond.callout.not_addressed");
    EXPECT_EQ(send(silent_, {.sent_at = {}, .by = PersonId{"nobody"}}).error().pointer, "/by");
    ASSERT_TRUE(send(silent_, {.sent_at = clock_.now() - minutes(2), .by = abe_}));
    for (int round = 0; round < 2; ++round) {
        const auto one = line(raised->id, silent_);
        EXPECT_EQ(one.state, AddresseeState::delivered);
        EXPECT_FALSE(one.gap);
        EXPECT_EQ(one.sheet_sent_at, clock_.now() - minutes(2));
        EXPECT_EQ(one.sheet_sent_by, "阿部");
        EXPECT_EQ(board(raised->id).reach.delivered, 3U);
        EXPECT_EQ(board(raised->id).reach.failed, 0U);
        open();  // and after a restart
    }
    ASSERT_TRUE(run(duty_, [&](journal::Recorder& recorder) {
        return callout_->resolve(recorder, raised->id, as(duty_));
    }));
    EXPECT_EQ(send(silent_, {}).error().key, "respond.callout.over");
}

}  // namespace
}  // namespace noroshi::respond::callout
