#pragma once
// For tests only: whole installations in folders that go away.

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "app/installation.h"
#include "app/verbs.h"
#include "kernel/store/store_for_tests.h"
#include "prepare/council/council.h"
#include "prepare/council/council_view.h"
#include "respond/incident/incident_view.h"

namespace noroshi::app {

inline std::unique_ptr<Installation> open_installation(const std::string& dir) {
    InstallationOptions options;
    options.dir = dir;
    auto opened = Installation::open(std::move(options));
    EXPECT_TRUE(opened) << (opened ? "" : describe(opened.error()));
    return opened ? std::move(*opened) : nullptr;
}

// Decides as somebody (or "system") and gives what was decided.
template <class F>
auto decide(Installation& installation, const std::string& actor, F work) {
    using Out = decltype(work(std::declval<journal::Recorder&>()));
    std::optional<Out> out;
    journal::Command command;
    command.actor = actor;
    command.decide = [&](journal::Recorder& recorder) -> Result<journal::Answer> {
        out.emplace(work(recorder));
        if (!*out) return std::unexpected(out->error());
        return journal::Answer{};
    };
    const auto kept = installation.perform(std::move(command));
    if (!kept && *out) out.emplace(std::unexpected(kept.error()));
    return std::move(*out);
}

inline void hire(Installation& installation, const std::string& login,
                 std::vector<std::string> roles = {}, const std::string& name = {}) {
    UserAdd request;
    request.login = login;
    request.name = name;
    request.organisation = "港湾局";
    request.roles = std::move(roles);
    const auto added = add_user(installation, request);
    ASSERT_TRUE(added) << describe(added.error());
}

inline Principal person(Installation& installation, const std::string& login) {
    const auto id = installation.rooms().council.view().find_login(login);
    EXPECT_TRUE(id) << login;
    return *installation.rooms().council.view().find_person(*id);
}

inline IncidentId open_incident(Installation& installation, const std::string& login,
                                const std::string& title) {
    const auto by = person(installation, login);
    respond::incident::OpenRequest request;
    request.title = title;
    request.effects = {respond::incident::Effect::freight};
    const auto opened = decide(installation, by.person.text, [&](journal::Recorder& recorder) {
        return installation.rooms().incident.open(recorder, by, request);
    });
    EXPECT_TRUE(opened) << (opened ? "" : describe(opened.error()));
    return opened->id;
}

inline void write(Installation& installation, const std::string& login, const IncidentId& incident,
                  std::string content, std::optional<respond::incident::Number> corrects = {}) {
    const auto by = person(installation, login);
    respond::incident::EntryRequest request;
    request.content = std::move(content);
    request.corrects = corrects;
    const auto done = decide(installation, by.person.text, [&](journal::Recorder& recorder) {
        return installation.rooms().incident.add_entry(recorder, by, incident, request);
    });
    EXPECT_TRUE(done) << (done ? "" : describe(done.error()));
}

inline std::vector<std::string> contents(Installation& installation, const std::string& login,
                                         const IncidentId& incident) {
    const auto page = installation.rooms().incident.view().entries(person(installation, login),
                                                                   incident, {}, Language::ja);
    EXPECT_TRUE(page) << (page ? "" : describe(page.error()));
    std::vector<std::string> out;
    if (page)
        for (const auto& entry : page->items)
            out.push_back(std::to_string(entry.number) + " " + entry.content +
                          (entry.corrects ? " corrects " + std::to_string(*entry.corrects) : ""));
    return out;
}

}  // namespace noroshi::app
