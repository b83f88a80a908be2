#include "watch/logs/logs_view.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <boost/describe/enum_to_string.hpp>

namespace noroshi::watch::logs {

namespace {

SourceItem item_of(const Source& source, const council::State& council, Language language) {
    return {source.id,
            source.member,
            council.name_of(source.member, language),
            source.name,
            source.kind,
            source.silence_minutes,
            source.retired,
            source.next_line,
            source.lines,
            source.bytes,
            source.missing,
            source.heard_at,
            source.silent_since,
            source.is_received_here,
            source.senders,
            source.version};
}

bool matches(std::string_view wanted, std::string_view id, std::string_view name) {
    return wanted.empty() || wanted == id ||
           i18n::fold(name).find(i18n::fold(wanted)) != std::string::npos;
}

// Length of the UTF-8 sequence at the front (RFC 3629), or 0.
std::size_t sequence_at(std::string_view text) {
    const auto at = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
        return at(i) >= low && at(i) <= high;
    };
    const unsigned lead = at(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const unsigned low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
        return follows(1, low, high) && follows(2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const unsigned low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
        return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace

AgreementList list_agreements(const State& state, const council::State& council,
                              const Principal& reader, Language language) {
    AgreementList list;
    for (const auto& [member, agreement] : state.agreements())
        if (state.may_look(reader, member))
            list.items.push_back({member, council.name_of(member, language), agreement.made.kinds,
                                  agreement.made.retention_days, agreement.made.may_look,
                                  agreement.made.reference, agreement.since, agreement.version});
    std::ranges::sort(list.items, {}, &AgreementItem::name);
    return list;
}

SourceList list_sources(const State& state, const council::State& council, const Principal& reader,
                        Language language) {
    SourceList list;
    for (const auto& [id, source] : state.sources())
        if (state.may_look(reader, source.member))
            list.items.push_back(item_of(source, council, language));
    std::ranges::sort(list.items, [](const SourceItem& a, const SourceItem& b) {
        return std::tuple(a.retired, !a.silent_since, a.member_name, a.name) <
               std::tuple(b.retired, !b.silent_since, b.member_name, b.name);
    });
    return list;
}

Result<SourceItem> one_source(const State& state, const council::State& council,
                              const Principal& reader, Language language, const SourceId& id) {
    const auto* source = state.find(id);
    if (source == nullptr || !state.may_look(reader, source->member))
        return fail(ErrorKind::not_found, "watch.logs.unknown_source");
    return item_of(*source, council, language);
}

Result<Search> parse_search(std::string_view text) {
    Search search;
    while (!text.empty()) {
        if (text.front() == ' ' || text.front() == '\t') {
            text.remove_prefix(1);
            continue;
        }
        if (text.starts_with("\xE3\x80\x80")) {  // an ideographic space
            text.remove_prefix(3);
            continue;
        }
        const auto colon = text.find(':');
        std::string_view field;
        for (const std::string_view known : {"member", "source", "kind", "from", "to"})
            if (text.substr(0, colon) == known) field = known;
        if (!field.empty()) text.remove_prefix(colon + 1);
        std::string value;
        if (text.starts_with('"')) {
            const auto end = text.find('"', 1);
            if (end == std::string_view::npos)
                return invalid("watch.logs.search", "/q", {{"text", std::string(text)}});
            value = text.substr(1, end - 1);
            text.remove_prefix(end + 1);
        } else {
            auto end = std::min({text.find(' '), text.find("\xE3\x80\x80"), text.size()});
            value = text.substr(0, end);
            text.remove_prefix(end);
        }
        if (field == "member")
            search.member = value;
        else if (field == "source")
            search.source = value;
        else if (field == "kind")
            search.kind = value;
        else if (field == "from") {
            TRY_LET(search.from, parse_rfc3339(value));
        } else if (field == "to") {
            TRY_LET(search.to, parse_rfc3339(value));
        } else if (!value.empty())
            search.terms.push_back(std::move(value));
    }
    return search;
}

std::map<std::string, SourceName> searchable(const State& state, const council::State& council,
                                             const Principal* reader, Language language,
                                             const Search& search) {
    std::map<std::string, SourceName> found;
    for (const auto& [id, source] : state.sources()) {
        const auto member = council.name_of(source.member, language);
        if ((reader != nullptr && !state.may_look(*reader, source.member)) ||
            !matches(search.member, source.member.text, member) ||
            !matches(search.source, id.text, source.name))
            continue;
        const char* kind = boost::describe::enum_to_string(source.kind, "");
        if (!search.kind.empty() && search.kind != kind) continue;
        found.emplace(id.text, SourceName{source.name, member});
    }
    return found;
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto length = sequence_at(text);
        if (length == 0)
            out += "\xEF\xBF\xBD";
        else
            out += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

}  // namespace noroshi::watch::logs
