// Alternative ports.

#include <gtest/gtest.h>

#include "respond/incident/incident_view.h"
#include "respond/notices/notices_alternatives.h"
#include "respond/notices/notices_scene.h"

namespace noroshi::respond::notices {
namespace {

using namespace std::chrono_literals;

class AlternativesTest : public Scene {
protected:
    void SetUp() override {
        Scene::SetUp();
        incident::OpenRequest opening;
        opening.title = "TOSの停止";
        opening.effects = {incident::Effect::freight};
        about = *desk.run(
            [&](auto& r) -> Result<IncidentId> {
                TRY_LET(auto opened, incident->open(r, as(duty), opening));
                return opened.id;
            },
            duty.text);
        partner = *keep({}, request_of("となり港"));
    }
    PartnerRequest request_of(std::string name) const {
        PartnerRequest request;
        request.name = std::move(name);
        request.locode = "JPTNR";
        request.contacts = {{"運営課 当直", "担当 一郎", "052-000-0009", "", "24時間"}};
        request.agreement = Agreement{"相互支援の覚書", desk.clock().now() + 24h * 400,
                                      desk.clock().now() - 24h * 30, "冷蔵は20本まで"};
        return request;
    }
    Result<PartnerId> keep(std::optional<PartnerId> id, const PartnerRequest& request,
                           Version version = {}) {
        return desk.run(
            [&](auto& r) {
                return notices->alternatives().keep(r, id, request, as(leader), version);
            },
            leader.text);
    }
    Result<DiversionId> ask(const DiversionRequest& request) {
        return desk.run(
            [&](auto& r) {
                return notices->alternatives().request(r, notices->ground(r), request, as(duty));
            },
            duty.text);
    }
    DiversionRequest two_calls() const {
        DiversionRequest request;
        request.incident = about;
        request.partner = partner;
        request.calls = {{"AKEBONO MARU", "001E", "東西汽船", {}, 400, ""},
                         {"HATO STAR", "", "", {}, {}, "冷蔵 30本"}};
        return request;
    }
    template <class In, class F>
    Result<> step(F decide, const DiversionId& id, const In& in, Version version = {}) {
        return Scene::keep(duty, [&](const Ground& ground, const Principal& by) {
            return decide(ground, notices->alternatives().state(), id, in, by, version);
        });
    }
    DiversionItems list(const PersonId& who) {
        return *notices->alternatives().diversions(as(who), {});
    }
    IncidentId about;
    PartnerId partner;
};

// Two people would each think that the other side has the word.
TEST_F(AlternativesTest, who_waits_for_whom_stands_on_top_the_most_urgent_first) {
    const auto now = desk.clock().now();
    auto request = two_calls();
    request.answer_by = now + 3h;
    const auto later = *ask(request);
    request.answer_by = now + 1h;
    const auto sooner = *ask(request);
    EXPECT_EQ(list(duty).items[0].id, sooner);
    EXPECT_EQ(list(duty).items[0].waits_for, WaitsFor::partner);
    EXPECT_EQ(list(duty).items[0].due, now + 1h);
    EXPECT_TRUE(
        step(take_offer, sooner, OfferRequest{{{1, now + 8h, now + 20h, ""}}, "", now + 9h}));
    EXPECT_EQ(list(duty).items[0].id, later) << "due before the offer lapses";
    EXPECT_EQ(list(duty).items[1].waits_for, WaitsFor::us);
    EXPECT_EQ(step(agree_calls, sooner, AgreeRequest{{2}, ""}).error().key,
              "respond.notices.unknown_call")
        << "the second call was not offered";
    EXPECT_EQ(step(agree_calls, sooner, AgreeRequest{{1}, ""}, 1).error().kind, ErrorKind::conflict)
        << "the offer came in between";
    EXPECT_TRUE(step(agree_calls, sooner, AgreeRequest{{1}, "東西汽船も同意"}, 2));
    EXPECT_EQ(list(duty).items[1].waits_for, WaitsFor::nobody);
    EXPECT_EQ(list(duty).waiting, 1U);
    EXPECT_EQ(step(end_diversion, later, EndRequest{DiversionEnding::done, ""}).error().key,
              "respond.notices.nothing_agreed");
    EXPECT_TRUE(step(end_diversion, later, EndRequest{DiversionEnding::declined_by_partner, ""}));
    EXPECT_EQ(step(take_offer, later, OfferRequest{{{1, {}, {}, ""}}, "", {}}).error().key,
              "respond.notices.diversion_over");
    desk.reopen();
    EXPECT_EQ(list(duty).items.size(), 2U);
    EXPECT_EQ(list(duty).items[0].id, sooner);
}

// A ship would be sent to a berth that is somebody else's by then.
TEST_F(AlternativesTest, a_lapsed_offer_is_not_agreed_to) {
    const auto id = *ask(two_calls());
    EXPECT_EQ(step(agree_calls, id, AgreeRequest{{1}, ""}).error().key,
              "respond.notices.nothing_offered");
    EXPECT_TRUE(step(take_offer, id, OfferRequest{{{1, {}, {}, ""}}, "", desk.clock().now() + 1h}));
    desk.clock().advance(61min);
    EXPECT_EQ(step(agree_calls, id, AgreeRequest{{1}, ""}).error().key,
              "respond.notices.offer_lapsed");
}

// In the night of the incident it would turn out that the agreement ended last March.
TEST_F(AlternativesTest, what_lapses_is_said_in_peace_time) {
    const auto keys = [&](Instant at) {
        std::string out;
        for (const auto& one : notices->alternatives().readiness(at, Language::ja))
            out += one.key + " ";
        return out;
    };
    const auto now = desk.clock().now();
    EXPECT_EQ(keys(now), "");
    EXPECT_EQ(keys(now + 24h * 345), "agreement_lapses agreement_not_reviewed ");
    EXPECT_EQ(keys(now + 24h * 401), "agreement_lapsed agreement_not_reviewed ");
    auto bare = request_of("遠い港");
    bare.agreement.reset();
    bare.contacts.clear();
    EXPECT_TRUE(keep({}, bare));
    EXPECT_EQ(keys(now), "partner_without_agreement partner_without_phone ");
    bare.locode = "Yokohama";
    EXPECT_EQ(keep({}, bare).error().pointer, "/locode");
    bare.locode = "jpyok";
    EXPECT_EQ(keep({}, bare).error().pointer, "/locode");
}

// Whoever left the other port's office years ago would still stand in our journal.
TEST_F(AlternativesTest, names_taken_off_the_list_are_gone) {
    auto request = request_of("となり港");
    request.contacts[0].who = "担当 二郎";
    EXPECT_TRUE(keep(partner, request, 1));
    const auto items = *notices->alternatives().partners(as(duty), desk.clock().now());
    EXPECT_EQ(items.items.at(0).contacts.at(0).who, "担当 二郎");
    const PersonId before{"partner/" + partner.text + "/1"};
    EXPECT_FALSE(desk.journal().keyring().has(before));
    desk.reopen();
    EXPECT_EQ(notices->alternatives()
                  .partners(as(duty), desk.clock().now())
                  ->items.at(0)
                  .contacts.at(0)
                  .who,
              "担当 二郎");
    EXPECT_TRUE(journal::verify_chain(desk.store()));
}

// An operator would read with which port its customers' ships are spoken of.
TEST_F(AlternativesTest, it_is_the_port_managers_affair) {
    EXPECT_TRUE(ask(two_calls()));
    EXPECT_FALSE(notices->alternatives().partners(as(north_person), desk.clock().now()));
    EXPECT_FALSE(desk.run([&](auto& r) {
        return notices->alternatives().request(r, notices->ground(r), two_calls(),
                                               as(north_person));
    }));
    auto request = two_calls();
    request.calls[1].vessel = " ";
    EXPECT_EQ(ask(request).error().pointer, "/calls/1/vessel");
    request = two_calls();
    request.answer_by = desk.clock().now() - 1h;
    EXPECT_EQ(ask(request).error().pointer, "/answer_by");
}

}  // namespace
}  // namespace noroshi::respond::notices
