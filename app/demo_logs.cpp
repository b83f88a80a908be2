#include "app/demo_logs.h"

#include <fmt/format.h>

#include "prepare/council/council.h"
#include "prepare/council/council_view.h"
#include "watch/logs/logs.h"
#include "watch/warnings/warnings.h"

namespace noroshi::app {

namespace {

using namespace std::chrono_literals;
using watch::logs::LogKind;
using watch::logs::Source;

// "2026-07-04", "06:30:00", in Japan's time.
std::pair<std::string, std::string> local(Instant at) {
    const auto text = format_rfc3339(std::chrono::floor<std::chrono::seconds>(at) + 9h);
    return {text.substr(0, 10), text.substr(11, 8)};
}

std::string vpn_line(Instant at, std::string_view device, std::string_view action,
                     std::string_view user, std::string_view remote) {
    const auto [date, time] = local(at);
    const bool failed = action == "ssl-login-fail";
    return fmt::format(
        "date={} time={} devname=\"{}\" tz=\"+0900\" logid=\"{}\" type=\"event\" subtype=\"vpn\" "
        "level=\"{}\" vd=\"root\" logdesc=\"{}\" action=\"{}\" tunneltype=\"{}\" remip={} "
        "user=\"{}\" msg=\"{}\"\n",
        date, time, device, failed ? "0101039426" : "0101039424", failed ? "alert" : "information",
        failed ? "SSL VPN login fail" : "SSL VPN tunnel up", action,
        failed ? "ssl-web" : "ssl-tunnel", remote, user,
        failed ? "SSL user failed to logged in" : "SSL tunnel established");
}

std::string vpn_day(Instant now, std::string_view device, int refusals, bool got_in) {
    std::string text;
    for (int i = 0; i < 40; ++i)
        text +=
            vpn_line(now - 10h + i * 13min, device, "tunnel-up", fmt::format("staff{:02}", i % 9),
                     fmt::format("198.51.100.{}", 20 + i % 9));
    for (int i = 0; i < refusals; ++i)
        text += vpn_line(now - 50min + i * 25s, device, "ssl-login-fail",
                         i % 3 == 0 ? "admin" : "hoshu01", "203.0.113.45");
    if (got_in) text += vpn_line(now - 40min, device, "tunnel-up", "hoshu01", "203.0.113.45");
    return text;
}

std::string process_line(Instant at, std::string_view computer, std::string_view image,
                         std::string_view command) {
    const auto utc = format_rfc3339(std::chrono::floor<std::chrono::seconds>(at));
    return fmt::format(
        R"({{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"{}","UtcTime":"{} {}.000","Image":"{}","CommandLine":"{}","User":"TERMINAL\\gate"}})"
        "\n",
        computer, utc.substr(0, 10), utc.substr(11, 8), image, command);
}

std::string windows_day(Instant now) {
    std::string text;
    for (int i = 0; i < 30; ++i)
        text += process_line(now - 8h + i * 12min, fmt::format("GATE-PC{:02}", i % 4 + 1),
                             R"(C:\\Windows\\System32\\svchost.exe)", "svchost.exe -k netsvcs");
    text += process_line(now - 32min, "GATE-PC03", R"(C:\\Users\\gate\\Downloads\\AnyDesk.exe)",
                         R"(AnyDesk.exe --install C:\\ProgramData\\AnyDesk --silent)");
    return text + "this line is no event\n";
}

Result<> send(Installation& installation, const Source& source, const Principal& by,
              std::string text) {
    auto& logs = installation.rooms().logs;
    TRY(installation.wait_for<Result<std::uint64_t>>([&](auto answered) {
        edge::archive::Batch batch;
        batch.source = source.id.text;
        batch.first_line = source.next_line;
        batch.lines = std::move(text);
        batch.actor = by.person.text;
        batch.record = [&](journal::Recorder& recorder,
                           const edge::archive::BlockHead& head) -> Result<> {
            return logs.receive(recorder, by,
                                {source.id, head.first_line, head.lines, head.raw_bytes,
                                 head.sha256, head.earliest, head.latest, false});
        };
        batch.done = answered;
        if (auto taken = installation.intake().submit(std::move(batch)); !taken)
            answered(std::unexpected(taken.error()));
    }));
    return {};
}

Result<> warn(Installation& installation) {
    auto& rooms = installation.rooms();
    watch::warnings::WarningId proposed;
    Principal leader;
    installation.journal().read([&] {
        // Only of what stands in these logs, and once.
        for (const auto& id : rooms.warnings.view().warnings())
            if (const auto* one = rooms.warnings.view().find(id);
                one->stage == watch::warnings::Stage::proposed && one->sign == "t1110" &&
                rooms.warnings.view().issued() == 0)
                proposed = id;
        const auto& council = rooms.council.view();
        for (const auto* manager :
             council.organisations_of(prepare::council::OrganisationKind::port_manager))
            for (const auto* person : council.people_with(manager->id, Role::leader))
                if (const auto found = council.find_person(person->id)) leader = *found;
        return 0;
    });
    if (proposed.empty() || leader.person.empty()) return {};
    journal::Command command;
    command.actor = leader.person.text;
    command.decide = [&](journal::Recorder& recorder) -> Result<journal::Answer> {
        TRY(rooms.warnings.issue(
            recorder, leader, proposed,
            {"保守用VPNへの総当たり",
             "保守用のSSL-VPNに対し、同じ接続元から短い時間に多数のログインの試みがありました。",
             "1. 保守用VPNの多要素認証が有効か確かめてください。\n"
             "2. 使っていない保守用アカウントを止めてください。\n"
             "3. 拒否が続いたあとに成功したログインがないか、昨日からの記録を見てください。",
             false}));
        return journal::Answer{};
    };
    TRY(installation.perform(std::move(command)));
    return {};
}

}  // namespace

Result<> write_demo_logs(Installation& installation, Watching& watching) {
    auto& rooms = installation.rooms();
    struct Empty {
        Source source;
        Principal by;
    };
    std::vector<Empty> empty;
    installation.journal().read([&] {
        const auto& council = rooms.council.view();
        for (const auto& [id, source] : rooms.logs.view().sources())
            if (source.next_line == 0)
                for (const auto* person : council.people_with(source.member, Role::security_person))
                    if (const auto found = council.find_person(person->id)) {
                        empty.push_back({source, *found});
                        break;
                    }
        return 0;
    });
    const auto now = installation.clock().now();
    for (const auto& [source, by] : empty) {
        std::string text;
        if (source.kind == LogKind::fortigate) {
            const bool second = source.name.ends_with("（南）");
            text = vpn_day(now, source.name, second ? 18 : 14, !second);
        } else if (source.kind == LogKind::windows) {
            text = windows_day(now);
        } else {
            continue;
        }
        TRY(send(installation, source, by, std::move(text)));
    }
    while (watching.look()) {}
    // Detections become sightings by a timer, which comes due with the next commands.
    constexpr int plenty = 20;
    for (int i = 0; i < plenty; ++i) {
        journal::Command turn;
        turn.actor = "system";
        turn.decide = [](journal::Recorder&) -> Result<journal::Answer> {
            return journal::Answer{};
        };
        TRY(installation.perform(std::move(turn)));
    }
    return warn(installation);
}

}  // namespace noroshi::app
