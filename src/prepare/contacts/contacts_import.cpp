#include "prepare/contacts/contacts_import.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <boost/describe/enum_to_string.hpp>
#include <boost/mp11.hpp>

#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"
#include "prepare/contacts/contacts_address.h"

namespace noroshi::prepare::contacts {

namespace {

constexpr std::size_t rows_before_head = 20;

// As two people would call the same: width, case and spaces do not count.
std::string folded(std::string_view text) {
    const auto plain = i18n::fold(text);
    std::string out;
    for (std::size_t i = 0; i < plain.size(); ++i) {
        if (plain.compare(i, 3, "\u3000") == 0) {
            i += 2;
            continue;
        }
        if (plain[i] != ' ' && plain[i] != '\t' && plain[i] != '\n' && plain[i] != '\r')
            out += plain[i];
    }
    return out;
}

// Words of a catalogue line, "a|b|c", folded, in both languages.
std::set<std::string> words_of(const std::string& key) {
    std::set<std::string> out;
    for (const auto language : {Language::ja, Language::en}) {
        const auto text = i18n::text(language, "prepare.contacts." + key);
        for (std::string_view rest = text; !rest.empty();) {
            const auto bar = rest.find('|');
            out.insert(folded(rest.substr(0, bar)));
            rest.remove_prefix(bar == std::string_view::npos ? rest.size() : bar + 1);
        }
    }
    return out;
}

const std::map<std::string, ImportField>& headings() {
    static const auto all = [] {
        std::map<std::string, ImportField> out;
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<ImportField>>(
            [&](auto field) {
                for (const auto& word : words_of("import_header_" + std::string(field.name)))
                    out.emplace(word, field.value);
            });
        return out;
    }();
    return all;
}

// "携帯電話（夜間）" is asked as a whole, then without what is in brackets.
std::optional<ImportField> field_of(std::string_view heading) {
    auto text = folded(heading);
    if (const auto found = headings().find(text); found != headings().end()) return found->second;
    if (const auto open = text.find('('); open != std::string::npos) {
        text.resize(open);
        if (const auto found = headings().find(text); found != headings().end())
            return found->second;
    }
    return {};
}

std::string letters(std::size_t column) {
    std::string out;
    for (auto rest = column + 1; rest > 0; rest = (rest - 1) / 26)
        out.insert(out.begin(), static_cast<char>('A' + (rest - 1) % 26));
    return out;
}

using Head = std::map<std::size_t, ImportField>;  // by column

Head head_in(const TableRow& row) {
    Head out;
    std::set<ImportField> seen;
    for (std::size_t i = 0; i < row.cells.size(); ++i)
        if (const auto field = field_of(row.cells[i].text); field && seen.insert(*field).second)
            out.emplace(i, *field);
    return out;
}

bool is_head(const Head& head) {
    return head.size() >= 2 && std::ranges::any_of(head, [](const auto& one) {
               return one.second == ImportField::name;
           });
}

template <class Enum>
std::optional<Enum> word_as(std::string_view text, std::string_view prefix) {
    std::optional<Enum> out;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>([&](auto one) {
        if (!out && words_of(std::string(prefix) + one.name).contains(folded(text)))
            out = one.value;
    });
    return out;
}

// ---- one row -------------------------------------------------------------------------------

// What goes wrong at which cell.
struct Wrong {
    ImportField field;
    Error error;
};
template <class T>
using Read = std::expected<T, Wrong>;

class RowReader {
public:
    RowReader(const council::State& council, const State& state, const ImportRow& row,
              const Importing& importing)
        : council_(council), state_(state), row_(row), importing_(importing) {}

    Read<PlannedRow> read() {
        PlannedRow out;
        out.file = row_.file;
        out.sheet = row_.sheet;
        out.row = row_.row;
        if (auto wrong = check_characters()) return std::unexpected(std::move(*wrong));
        auto organisation = find_organisation();
        if (!organisation) return std::unexpected(std::move(organisation).error());
        out.organisation = *organisation;
        auto name = line(ImportField::name, 100, i18n::Empty::refused);
        if (!name) return std::unexpected(std::move(name).error());
        out.name = *name;
        auto person = find_person(out.organisation, out.name);
        if (!person) return std::unexpected(std::move(person).error());
        const auto* known = *person;
        if (known != nullptr) out.person = known->id;
        if (auto wrong = check_right(out.organisation, known))
            return std::unexpected(std::move(*wrong));
        if (auto wrong = fill_person(out, known)) return std::unexpected(std::move(*wrong));
        if (auto wrong = fill_contact(out, known)) return std::unexpected(std::move(*wrong));
        if (auto wrong = fill_post(out, known)) return std::unexpected(std::move(*wrong));
        if (known == nullptr) out.action = ImportAction::add;
        return out;
    }

private:
    std::string text(ImportField field) const {
        const auto found = row_.cells.find(field);
        return found == row_.cells.end() ? std::string{}
                                         : std::string(i18n::trimmed(found->second.text));
    }
    static std::unexpected<Wrong> wrong(ImportField field, Error error) {
        return std::unexpected(Wrong{field, std::move(error)});
    }
    static std::unexpected<Wrong> wrong(ImportField field, std::string key,
                                        Arguments arguments = {}) {
        return wrong(field, Error{ErrorKind::invalid, std::move(key), std::move(arguments), {}});
    }
    Read<std::string> line(ImportField field, std::size_t most, i18n::Empty empty) const {
        auto read = i18n::line(text(field), most, "", empty);
        if (!read) return wrong(field, read.error());
        return std::move(*read);
    }

    std::optional<Wrong> check_characters() const {
        for (const auto& [field, cell] : row_.cells)
            if (cell.text.contains("\uFFFD"))
                return Wrong{field,
                             Error{ErrorKind::invalid, "prepare.contacts.import_garbled", {}, {}}};
        return {};
    }

    Read<OrganisationId> find_organisation() const {
        const auto wanted = text(ImportField::organisation);
        if (wanted.empty()) {
            // Whoever belongs to one organisation only need not name it.
            if (importing_.by.viewer.organisations.size() == 1 &&
                !importing_.by.has(Role::administrator))
                return importing_.by.viewer.organisations.front();
            return wrong(ImportField::organisation, "prepare.contacts.import_no_organisation");
        }
        for (const auto* one : council_.organisations())
            if (one->id.text == wanted || folded(one->name) == folded(wanted) ||
                (!one->name_en.empty() && folded(one->name_en) == folded(wanted)))
                return one->id;
        return wrong(ImportField::organisation, "prepare.contacts.import_unknown_organisation",
                     {{"name", wanted}});
    }

    Read<const council::Person*> find_person(const OrganisationId& organisation,
                                             const std::string& name) const {
        if (const auto id = text(ImportField::id); !id.empty()) {
            const auto* person = council_.find(PersonId{id});
            if (person == nullptr || person->erased)
                return wrong(ImportField::id, "prepare.contacts.unknown_person");
            if (std::ranges::find(person->roles, organisation, &RoleIn::organisation) ==
                person->roles.end())
                return wrong(ImportField::id, "prepare.contacts.not_of_organisation",
                             {{"name", person->name}});
            return person;
        }
        std::vector<const council::Person*> found;
        for (const auto* person : council_.people_of(organisation))
            if (folded(person->name) == folded(name)) found.push_back(person);
        if (found.size() > 1)
            return wrong(ImportField::name, "prepare.contacts.import_ambiguous", {{"name", name}});
        return found.empty() ? nullptr : found.front();
    }

    std::optional<Wrong> check_right(const OrganisationId& organisation,
                                     const council::Person* known) const {
        if (const auto allowed = may_manage(importing_.by, organisation); !allowed)
            return Wrong{ImportField::organisation, allowed.error()};
        if (known == nullptr && !importing_.by.has(Role::administrator))
            return Wrong{ImportField::name,
                         Error{ErrorKind::forbidden, "prepare.contacts.import_new_person", {}, {}}};
        return {};
    }

    static void differ(PlannedRow& out, ImportField field, const std::string& before,
                       const std::string& after) {
        if (before != after) out.differences.push_back({field, before, after});
    }

    std::optional<Wrong> fill_person(PlannedRow& out, const council::Person* known) const {
        out.draft.name = known == nullptr ? out.name : known->name;
        if (known != nullptr) {
            out.draft.kana = known->kana;
            out.draft.login = known->login;
            out.draft.language = known->language;
        }
        // Names and readings of people who are there are the administrator's to change.
        const bool may = known == nullptr || importing_.by.has(Role::administrator);
        auto kana = line(ImportField::kana, 100, i18n::Empty::allowed);
        if (!kana) return std::move(kana).error();
        if (!kana->empty() && may && *kana != out.draft.kana) {
            differ(out, ImportField::kana, out.draft.kana, *kana);
            out.draft.kana = *kana;
        }
        if (const auto given = text(ImportField::language); !given.empty()) {
            const auto language = word_as<Language>(given, "import_language_");
            if (!language)
                return Wrong{ImportField::language, Error{ErrorKind::invalid,
                                                          "prepare.contacts.import_bad_word",
                                                          {{"value", given}},
                                                          {}}};
            if (may && *language != out.draft.language) {
                differ(out, ImportField::language, std::string(i18n::code_of(out.draft.language)),
                       std::string(i18n::code_of(*language)));
                out.draft.language = *language;
            }
        }
        return {};
    }

    std::optional<Wrong> fill_contact(PlannedRow& out, const council::Person* known) const {
        const auto* before = known == nullptr ? nullptr : state_.find(known->id);
        Contact now = before == nullptr ? Contact{} : *before;
        const auto take = [&](ImportField field, std::string& into, auto read) -> Result<> {
            const auto found = row_.cells.find(field);
            if (found == row_.cells.end() || i18n::trimmed(found->second.text).empty()) return {};
            TRY_LET(auto value, read(with_its_zero(found->second)));
            differ(out, field, into, value);
            into = std::move(value);
            return {};
        };
        const auto phone = [](const std::string& text) { return read_phone(text, ""); };
        const auto mobile = [](const std::string& text) { return read_mobile(text, ""); };
        const auto email = [](const std::string& text) { return read_email(text, ""); };
        if (auto done = take(ImportField::email, now.email, email); !done)
            return Wrong{ImportField::email, done.error()};
        if (auto done = take(ImportField::mobile, now.mobile, mobile); !done)
            return Wrong{ImportField::mobile, done.error()};
        if (auto done = take(ImportField::weekday_phone, now.weekday_phone, phone); !done)
            return Wrong{ImportField::weekday_phone, done.error()};
        if (auto done = take(ImportField::night_phone, now.night_phone, phone); !done)
            return Wrong{ImportField::night_phone, done.error()};
        // Channels of before that still have an address, and new ones for new addresses.
        std::vector<Channel> channels = now.channels;
        if (before == nullptr) channels.clear();
        if (const auto given = text(ImportField::channels); !given.empty()) {
            auto read = read_channels(given);
            if (!read) return std::move(read).error();
            channels = std::move(*read);
        } else if (!out.differences.empty() || before == nullptr) {
            for (const auto channel : {Channel::email, Channel::sms, Channel::voice})
                if (!address_in(now, channel).empty() &&
                    (before == nullptr || address_in(*before, channel).empty()) &&
                    std::ranges::find(channels, channel) == channels.end())
                    channels.push_back(channel);
        }
        std::erase_if(channels, [&](Channel one) { return address_in(now, one).empty(); });
        if (before != nullptr && channels != before->channels)
            differ(out, ImportField::channels, names(before->channels), names(channels));
        const auto touches = [](const Difference& one) {
            return one.field == ImportField::email || one.field == ImportField::mobile ||
                   one.field == ImportField::weekday_phone ||
                   one.field == ImportField::night_phone || one.field == ImportField::channels;
        };
        if (std::ranges::any_of(out.differences, touches))
            out.contact =
                ContactDraft{now.email,           now.mobile, now.weekday_phone, now.night_phone,
                             std::move(channels), now.chat,   now.push};
        return {};
    }

    static std::string names(const std::vector<Channel>& channels) {
        std::string out;
        for (const auto one : channels)
            out += (out.empty() ? "" : ",") + std::string(boost::describe::enum_to_string(one, ""));
        return out;
    }

    Read<std::vector<Channel>> read_channels(std::string_view given) const {
        std::vector<Channel> out;
        const auto plain = i18n::plain(given);
        std::string word;
        const auto put = [&]() -> std::optional<Wrong> {
            if (i18n::trimmed(word).empty()) return {};
            const auto channel = word_as<Channel>(word, "import_channel_");
            if (!channel)
                return Wrong{ImportField::channels, Error{ErrorKind::invalid,
                                                          "prepare.contacts.import_bad_word",
                                                          {{"value", word}},
                                                          {}}};
            if (std::ranges::find(out, *channel) == out.end()) out.push_back(*channel);
            word.clear();
            return {};
        };
        for (std::size_t i = 0; i < plain.size(); ++i) {
            const bool comma =
                plain.compare(i, 3, "\u3001") == 0 || plain.compare(i, 3, "\u30FB") == 0;
            if (comma || plain[i] == ',' || plain[i] == '/' || plain[i] == ';' ||
                plain[i] == '\n') {
                if (auto wrong_word = put()) return std::unexpected(std::move(*wrong_word));
                if (comma) i += 2;
            } else {
                word += plain[i];
            }
        }
        if (auto wrong_word = put()) return std::unexpected(std::move(*wrong_word));
        return out;
    }

    std::optional<Wrong> fill_post(PlannedRow& out, const council::Person* known) {
        const auto list = state_.list(out.organisation);
        const auto today = std::ranges::find_if(list.posts, [&](const Post& post) {
            return known != nullptr && post.person == known->id &&
                   (!post.until || *post.until >= format_day(importing_.today));
        });
        const bool listed = today != list.posts.end();
        if (listed) out.post = *today;
        out.post.person = out.person;
        auto department = line(ImportField::department, 100, i18n::Empty::allowed);
        if (!department) return std::move(department).error();
        auto title = line(ImportField::title, 100, i18n::Empty::allowed);
        if (!title) return std::move(title).error();
        if (!department->empty()) {
            differ(out, ImportField::department, out.post.department, *department);
            out.post.department = *department;
        }
        if (!title->empty()) {
            differ(out, ImportField::title, out.post.title, *title);
            out.post.title = *title;
        }
        if (const auto given = text(ImportField::order); !given.empty()) {
            const auto plain = i18n::plain(given);
            int order = 0;
            const auto [end, error] =
                std::from_chars(plain.data(), plain.data() + plain.size(), order);
            if (error != std::errc() || end != plain.data() + plain.size() || order < 1)
                return Wrong{ImportField::order, Error{ErrorKind::invalid,
                                                       "prepare.contacts.import_bad_order",
                                                       {{"value", given}},
                                                       {}}};
            out.order = order;
        }
        const auto before = out.post.standing;
        bool given_standing = false;
        if (const auto given = text(ImportField::standing); !given.empty()) {
            const auto standing = word_as<Standing>(given, "import_standing_");
            if (!standing)
                return Wrong{ImportField::standing, Error{ErrorKind::invalid,
                                                          "prepare.contacts.import_bad_word",
                                                          {{"value", given}},
                                                          {}}};
            out.post.standing = *standing;
            given_standing = true;
        } else if (!listed) {
            // Whoever stands first without a word for it is the principal.
            out.post.standing = out.order.value_or(0) == 1 ? Standing::principal : Standing::deputy;
            unsaid_ = !out.order;
        }
        if (listed && given_standing && before != out.post.standing)
            differ(out, ImportField::standing, boost::describe::enum_to_string(before, ""),
                   boost::describe::enum_to_string(out.post.standing, ""));
        if (!listed && known != nullptr)
            out.differences.push_back({ImportField::standing, "",
                                       boost::describe::enum_to_string(out.post.standing, "")});
        return {};
    }

    const council::State& council_;
    const State& state_;
    const ImportRow& row_;
    const Importing& importing_;

public:
    bool unsaid_ = false;  // the standing was neither written nor known
};

bool is_same(const std::vector<ImportPlan::PlannedPost>& planned, const std::vector<Post>& posts) {
    return planned.size() == posts.size() &&
           std::ranges::equal(planned, posts,
                              [](const auto& a, const Post& b) { return !a.added && a.post == b; });
}

// Rows in the order of the file, or by the order they give; then everybody else who was there.
void plan_lists(ImportPlan& plan, const State& state, Day today) {
    std::map<OrganisationId, std::vector<std::size_t>> touched;
    for (std::size_t i = 0; i < plan.rows.size(); ++i)
        touched[plan.rows[i].organisation].push_back(i);
    for (auto& [organisation, rows] : touched) {
        std::ranges::sort(rows, [&](std::size_t a, std::size_t b) {
            const auto key = [&](std::size_t i) {
                return std::pair(plan.rows[i].order.value_or(1'000'000), i);
            };
            return key(a) < key(b);
        });
        const auto now = state.list(organisation).posts;
        std::vector<ImportPlan::PlannedPost> planned;
        std::set<PersonId> named;
        for (const auto i : rows) {
            const auto& row = plan.rows[i];
            planned.push_back({row.post, row.person.empty() ? std::optional(i) : std::nullopt});
            if (!row.person.empty()) named.insert(row.person);
        }
        const auto ended = [&](const Post& post) {
            return post.until && *post.until < format_day(today);
        };
        for (const auto& post : now)
            if (!named.contains(post.person) || ended(post)) planned.push_back({post, {}});
        // Posts that were there keep their order if the file does not change it: a file with a part
        // of the people only must not shuffle the others.
        std::vector<PersonId> order_before;
        std::vector<PersonId> order_after;
        for (const auto& post : now)
            if (named.contains(post.person) && !ended(post)) order_before.push_back(post.person);
        for (const auto& one : planned)
            if (!one.added && named.contains(one.post.person) && !ended(one.post))
                order_after.push_back(one.post.person);
        if (order_before == order_after) {
            std::vector<ImportPlan::PlannedPost> kept;
            for (const auto& post : now) {
                const auto changed = std::ranges::find_if(planned, [&](const auto& one) {
                    return !one.added && one.post.person == post.person && !ended(one.post);
                });
                kept.push_back(ended(post) || changed == planned.end()
                                   ? ImportPlan::PlannedPost{post, {}}
                                   : *changed);
            }
            for (const auto& one : planned) {
                const bool new_here = one.added || std::ranges::find(now, one.post.person,
                                                                     &Post::person) == now.end();
                if (new_here) kept.push_back(one);
            }
            planned = std::move(kept);
        }
        if (!is_same(planned, now)) plan.lists.emplace(organisation, std::move(planned));
    }
}

}  // namespace

std::string with_its_zero(const ImportCell& cell) {
    const std::string plain = i18n::plain(i18n::trimmed(cell.text));
    const bool digits =
        !plain.empty() && std::ranges::all_of(plain, [](char c) { return c >= '0' && c <= '9'; });
    // 0312345678 became 312345678, 09012345678 became 9012345678. Nothing dialled here begins with
    // another digit than zero and has so many.
    if (digits && plain.front() != '0' &&
        (plain.size() == 9 || (plain.size() == 10 && plain.front() >= '5')))
        return "0" + plain;
    return cell.text;
}

std::size_t ImportPlan::count(ImportAction action) const {
    return static_cast<std::size_t>(std::ranges::count(rows, action, &PlannedRow::action));
}

ImportRows rows_of_table(const std::string& file, const std::string& sheet,
                         const std::vector<TableRow>& table) {
    ImportRows out;
    Head head;
    std::size_t first = 0;
    for (; first < table.size() && first < rows_before_head; ++first) {
        head = head_in(table[first]);
        if (is_head(head)) break;
    }
    if (!is_head(head)) {
        if (!table.empty())
            out.problems.push_back(
                {file, sheet, 0, "", "",
                 Error{ErrorKind::invalid, "prepare.contacts.import_no_head", {}, {}}});
        return out;
    }
    for (std::size_t i = 0; i < table[first].cells.size(); ++i)
        if (!head.contains(i) && !i18n::trimmed(table[first].cells[i].text).empty() &&
            !field_of(table[first].cells[i].text))
            out.ignored.push_back(table[first].cells[i].text);
    for (const auto& row : std::span(table).subspan(first + 1)) {
        ImportRow read{file, sheet, row.number, {}};
        bool something = false;
        for (const auto& [column, field] : head) {
            if (column >= row.cells.size()) continue;
            const auto& cell = row.cells[column];
            if (i18n::trimmed(cell.text).empty()) continue;
            // A merged organisation or department alone is no row of somebody.
            something = something ||
                        (field != ImportField::organisation && field != ImportField::department);
            read.cells.emplace(field, ImportCell{cell.text, letters(column), cell.number});
        }
        // The head again, where pages were printed.
        if (something && !is_head(head_in(row))) out.rows.push_back(std::move(read));
    }
    return out;
}

ImportPlan plan_import(const council::State& council, const State& state, const ImportRows& rows,
                       const Importing& importing) {
    ImportPlan plan;
    plan.problems = rows.problems;
    plan.ignored = rows.ignored;
    std::map<OrganisationId, std::map<std::string, std::size_t>> seen;  // → row in the plan
    std::set<OrganisationId> has_principal;
    for (const auto& row : rows.rows) {
        RowReader reader(council, state, row, importing);
        auto read = reader.read();
        std::optional<Wrong> wrong;
        if (!read) {
            wrong = std::move(read).error();
        } else {
            const auto who = read->person.empty() ? folded(read->name) : read->person.text;
            if (!seen[read->organisation].emplace(who, plan.rows.size()).second)
                wrong = Wrong{ImportField::name, Error{ErrorKind::invalid,
                                                       "prepare.contacts.import_twice",
                                                       {{"name", read->name}},
                                                       {}}};
        }
        if (wrong) {
            const auto cell = row.cells.find(wrong->field);
            plan.problems.push_back(
                {row.file, row.sheet, row.row, cell == row.cells.end() ? "" : cell->second.column,
                 cell == row.cells.end() ? "" : cell->second.text, std::move(wrong->error)});
            continue;
        }
        if (reader.unsaid_ && !has_principal.contains(read->organisation)) {
            const auto list = state.list(read->organisation).posts;
            if (std::ranges::none_of(list, [&](const Post& post) {
                    return post.standing == Standing::principal &&
                           is_in_force(post, importing.today);
                }))
                read->post.standing = Standing::principal;
        }
        if (read->post.standing == Standing::principal) has_principal.insert(read->organisation);
        if (read->action != ImportAction::add)
            read->action = read->differences.empty() ? ImportAction::same : ImportAction::change;
        plan.rows.push_back(std::move(*read));
    }
    plan_lists(plan, state, importing.today);
    return plan;
}

}  // namespace noroshi::prepare::contacts
