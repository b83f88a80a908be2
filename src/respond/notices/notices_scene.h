#pragma once
// A small port for this room's tests, on a real journal and store with pretended time: a port
// manager (duty, leader, admin), the operators of two terminals (north, south) and the police.

#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "kernel/journal/journal_for_tests.h"
#include "kernel/journal/record.h"
#include "practise/drills/drills_facts.h"
#include "prepare/contacts/contacts.h"
#include "prepare/council/council_view.h"
#include "prepare/port/port.h"
#include "respond/notices/notices.h"
#include "respond/notices/notices_public.h"
#include "respond/notices/notices_site.h"
#include "respond/notices/notices_view.h"

namespace noroshi::respond::notices {

class Scene : public testing::Test {
protected:
    void SetUp() override {
        using Kind = council::OrganisationKind;
        manager = organise(Kind::port_manager, "みなと港湾局");
        north_operator = organise(Kind::terminal_operator, "北ふ頭ターミナル");
        south_operator = organise(Kind::terminal_operator, "南ふ頭ターミナル");
        police = organise(Kind::police, "県警察");
        duty = hire("当直", manager, Role::duty_officer);
        leader = hire("本部長", manager, Role::leader);
        admin = hire("管理", manager, Role::administrator);
        north_person = hire("北の担当", north_operator, Role::security_person);
        south_person = hire("南の担当", south_operator, Role::security_person);
        officer = hire("警察の担当", police, Role::member);
        north = build("北ふ頭", north_operator);
        south = build("南ふ頭", south_operator);
        EXPECT_TRUE(desk.run([&](auto& r) { return port->name_port(r, "みなと港", "Minato"); }));
        notices->set_public_url("https://port.example");
    }

    OrganisationId organise(council::OrganisationKind kind, std::string name) {
        return *desk.run([&](auto& recorder) {
            return council->register_organisation(recorder, {.kind = kind, .name = name});
        });
    }
    PersonId hire(std::string name, const OrganisationId& of, Role role) {
        return *desk.run([&](auto& recorder) {
            return council->register_person(recorder, {.name = name}, {{of, role}});
        });
    }
    TerminalId build(std::string name, const OrganisationId& of) {
        return *desk.run([&](auto& recorder) {
            return port->register_terminal(
                recorder, {.name = name, .name_en = name + "-en", .operator_ = of});
        });
    }
    Principal as(const PersonId& person) const { return *council->view().find_person(person); }

    DraftRequest words(std::string title = "ゲートの停止") const {
        DraftRequest request;
        request.texts["ja"] = {std::move(title), "搬出入を止めています。"};
        return request;
    }
    TerminalLine line(const TerminalId& terminal, Service service,
                      std::optional<Instant> restart = {}) const {
        TerminalLine made;
        made.terminal = terminal;
        made.service = service;
        made.restart_at = restart;
        return made;
    }
    Result<NoticeId> draft(const PersonId& by, const DraftRequest& request) {
        return desk.run([&](auto& recorder) { return notices->draft(recorder, request, as(by)); },
                        by.text);
    }
    Result<> draft_again(const PersonId& by, const NoticeId& id, const DraftRequest& request,
                         Version version = {}) {
        return desk.run(
            [&](auto& recorder) {
                return notices->draft_again(recorder, id, request, as(by), version);
            },
            by.text);
    }
    Result<std::uint32_t> approve(const PersonId& by, const NoticeId& id) {
        return approve(by, id, notices->view().find(id)->version);
    }
    Result<std::uint32_t> approve(const PersonId& by, const NoticeId& id, Version version) {
        return desk.run(
            [&](auto& recorder) { return notices->approve(recorder, id, as(by), version); },
            by.text);
    }
    // Decides and records.
    template <class F>
    Result<> keep(const PersonId& by, F decide) {
        return desk.run(
            [&](auto& recorder) {
                return notices->keep(recorder, decide(notices->ground(recorder), as(by)));
            },
            by.text);
    }
    // Drafted by the duty officer, approved by the leader.
    NoticeId publish(const DraftRequest& request) {
        const auto id = draft(duty, request);
        EXPECT_TRUE(id) << describe(id.error());
        const auto edition = approve(leader, *id);
        EXPECT_TRUE(edition) << describe(edition.error());
        return *id;
    }
    void publish_again(const NoticeId& id, const DraftRequest& request) {
        const auto drafted = draft_again(duty, id, request);
        EXPECT_TRUE(drafted) << describe(drafted.error());
        const auto edition = approve(leader, id);
        EXPECT_TRUE(edition) << describe(edition.error());
    }
    std::string shown(std::string_view path) const {
        return desk.journal().read([&] {
            const auto site = notices->public_view().site();
            const auto found = site->find(path);
            return found == site->end() ? std::string() : *found->second.body;
        });
    }

    std::unique_ptr<council::Council> council;
    std::unique_ptr<port::Port> port;
    std::unique_ptr<prepare::contacts::Contacts> contacts;
    std::unique_ptr<incident::Incident> incident;
    std::unique_ptr<Notices> notices;
    mutable journal::JournalByHand desk{
        [this](journal::Journal& journal) {
            council = std::make_unique<council::Council>(journal);
            port = std::make_unique<port::Port>(journal, *council);
            incident = std::make_unique<incident::Incident>(journal, *council, *port);
            contacts = std::make_unique<prepare::contacts::Contacts>(
                journal, *council, prepare::contacts::ContactsOptions{});
            notices = std::make_unique<Notices>(
                journal, *council, *port, *contacts, *incident,
                NoticesOptions{"Asia/Tokyo", "noroshi@port.example", "port.example"});
        },
        [this] {
            notices.reset();
            contacts.reset();
            incident.reset();
            port.reset();
            council.reset();
        }};
    OrganisationId manager, north_operator, south_operator, police;
    PersonId duty, leader, admin, north_person, south_person, officer;
    TerminalId north, south;
};

}  // namespace noroshi::respond::notices
