// Decisions about lists, transfers of posts, rotations, substitutions and absences.

#include <algorithm>

#include "kernel/i18n/line.h"
#include "prepare/contacts/contacts.h"
#include "prepare/contacts/contacts_address.h"

namespace noroshi::prepare::contacts {

namespace {

constexpr std::size_t most_posts = 200;
constexpr std::size_t most_words = 100;  // characters of a department or a title
constexpr auto longest_absence = std::chrono::days{400};

std::string at(std::string_view array, std::size_t index, std::string_view field = {}) {
    auto out = "/" + std::string(array) + "/" + std::to_string(index);
    if (!field.empty()) out += "/" + std::string(field);
    return out;
}

Result<> known(const council::State& council, const OrganisationId& organisation) {
    if (council.find(organisation) != nullptr) return {};
    return fail(ErrorKind::not_found, "prepare.contacts.unknown_organisation");
}

// Of the organisation: whoever answers for it has a role in it.
Result<> check_person(const council::State& council, const OrganisationId& organisation,
                      const PersonId& id, std::string pointer) {
    const auto* person = council.find(id);
    if (person == nullptr) return invalid("prepare.contacts.unknown_person", std::move(pointer));
    if (person->erased) return invalid("prepare.contacts.person_erased", std::move(pointer));
    if (std::ranges::find(person->roles, organisation, &RoleIn::organisation) ==
        person->roles.end())
        return invalid("prepare.contacts.not_of_organisation", std::move(pointer),
                       {{"name", person->name}});
    return {};
}

Result<std::optional<Day>> check_day(const std::optional<std::string>& text, std::string pointer) {
    if (!text) return std::optional<Day>{};
    const auto day = parse_day(*text);
    if (!day) return invalid("prepare.contacts.bad_day", std::move(pointer), {{"day", *text}});
    return day;
}
Result<Day> check_day(const std::string& text, std::string pointer) {
    TRY_LET(const auto day, check_day(std::optional(text), std::move(pointer)));
    return *day;
}

Result<Minutes> check_time(const std::string& text, std::string pointer) {
    const auto time = parse_time(text);
    if (!time) return invalid("prepare.contacts.bad_time", std::move(pointer), {{"time", text}});
    return *time;
}

bool overlap(const Post& a, const Post& b) {
    return (!a.until || !b.from || *b.from <= *a.until) &&
           (!b.until || !a.from || *a.from <= *b.until);
}

Result<std::vector<Post>> check_posts(const council::State& council,
                                      const OrganisationId& organisation,
                                      const std::vector<Post>& posts) {
    if (posts.size() > most_posts)
        return invalid("prepare.contacts.too_many", "/posts",
                       {{"most", std::to_string(most_posts)}});
    std::vector<Post> out;
    for (std::size_t i = 0; i < posts.size(); ++i) {
        auto post = posts[i];
        TRY(check_person(council, organisation, post.person, at("posts", i, "person")));
        TRY_LET(post.department, i18n::line(post.department, most_words,
                                            at("posts", i, "department"), i18n::Empty::allowed));
        TRY_LET(post.title,
                i18n::line(post.title, most_words, at("posts", i, "title"), i18n::Empty::allowed));
        TRY_LET(const auto from, check_day(post.from, at("posts", i, "from")));
        TRY_LET(const auto until, check_day(post.until, at("posts", i, "until")));
        if (from && until && *until < *from)
            return invalid("prepare.contacts.days_turned", at("posts", i, "until"));
        for (const auto& other : out)
            if (other.person == post.person && overlap(other, post))
                return invalid("prepare.contacts.post_twice", at("posts", i, "person"));
        out.push_back(std::move(post));
    }
    return out;
}

Result<std::string> phone_or_none(const std::string& text, std::string_view pointer) {
    if (i18n::trimmed(text).empty()) return std::string{};
    return read_phone(text, pointer);
}

// A hand-over of one post inside a list: the successor stands where the predecessor stood, who stays
// reachable behind, as a deputy, while both are there.
Result<> hand_over(std::vector<Post>& posts, const Move& move, Day on, int overlap_days,
                   const std::string& pointer) {
    const auto first = format_day(on);
    const auto last = format_day(on - std::chrono::days{1});
    const auto leaves = std::ranges::find_if(posts, [&](const Post& post) {
        return post.person == move.leaves && is_in_force(post, on - std::chrono::days{1});
    });
    if (leaves == posts.end()) return invalid("prepare.contacts.not_listed", pointer + "/leaves");
    if (std::ranges::any_of(posts, [&](const Post& post) {
            return post.person == move.successor && (!post.until || *post.until >= first) &&
                   post.standing == leaves->standing;
        }))
        return invalid("prepare.contacts.post_twice", pointer + "/successor");
    const auto was_until = leaves->until;
    auto successor = *leaves;
    successor.person = move.successor;
    successor.from = first;
    successor.until = was_until;
    auto after = *leaves;
    after.standing = Standing::deputy;
    after.from = first;
    after.until = format_day(on + std::chrono::days{overlap_days - 1});
    leaves->until = last;
    // A deputy who moves up leaves the deputy's post.
    for (auto& post : posts)
        if (post.person == move.successor && (!post.until || *post.until >= first))
            post.until = last;
    const auto place = std::ranges::find(posts, move.leaves, &Post::person) - posts.begin();
    posts.insert(posts.begin() + place + 1, std::move(successor));
    if (overlap_days > 0) {
        // First of the deputies: who did it for years is asked before who never did.
        auto behind = std::ranges::find(posts, Standing::deputy, &Post::standing);
        posts.insert(behind, std::move(after));
    }
    std::erase_if(posts, [](const Post& post) {
        return post.from && post.until && *post.until < *post.from;
    });
    return {};
}

}  // namespace

Result<> may_manage(const Principal& principal, const OrganisationId& organisation) {
    if (principal.has(Role::administrator)) return {};
    for (const auto role : {Role::security_person, Role::leader, Role::duty_officer})
        if (std::ranges::find(principal.roles, RoleIn{organisation, role}) != principal.roles.end())
            return {};
    return fail(ErrorKind::forbidden, "prepare.contacts.not_your_organisation");
}

bool may_see_list(const Principal& principal, const OrganisationId& organisation) {
    return principal.viewer.member ||
           std::ranges::find(principal.viewer.organisations, organisation) !=
               principal.viewer.organisations.end();
}

Result<ListChanged> change_list(const council::State& council, const OrganisationId& organisation,
                                const ListDraft& draft) {
    TRY(known(council, organisation));
    ListChanged fact;
    fact.organisation = organisation;
    TRY_LET(fact.posts, check_posts(council, organisation, draft.posts));
    TRY_LET(fact.weekday_phone, phone_or_none(draft.weekday_phone, "/weekday_phone"));
    TRY_LET(fact.night_phone, phone_or_none(draft.night_phone, "/night_phone"));
    if (!i18n::trimmed(draft.email).empty()) {
        TRY_LET(fact.email, read_email(draft.email, "/email"));
    }
    return fact;
}

Result<Transfer> transfer(const council::State& council, const State& state,
                          const TransferDraft& draft) {
    TRY_LET(const auto on, check_day(draft.on, "/on"));
    if (draft.overlap_days < 0 || draft.overlap_days > 92)
        return invalid("prepare.contacts.bad_overlap", "/overlap_days");
    if (draft.moves.empty()) return invalid("prepare.contacts.nothing_moves", "/moves");
    Transfer out{{draft.on, draft.overlap_days, draft.moves}, {}};
    for (std::size_t i = 0; i < draft.moves.size(); ++i) {
        const auto& move = draft.moves[i];
        TRY(known(council, move.organisation));
        if (move.leaves == move.successor)
            return invalid("prepare.contacts.same_person", at("moves", i, "successor"));
        for (std::size_t j = 0; j < i; ++j)
            if (draft.moves[j].organisation == move.organisation &&
                draft.moves[j].leaves == move.leaves)
                return invalid("prepare.contacts.moved_twice", at("moves", i, "leaves"));
        TRY(check_person(council, move.organisation, move.successor, at("moves", i, "successor")));
        auto list = std::ranges::find(out.lists, move.organisation, &ListChanged::organisation);
        if (list == out.lists.end()) {
            auto now = state.list(move.organisation);
            out.lists.push_back({move.organisation, std::move(now.posts), now.weekday_phone,
                                 now.night_phone, now.email});
            list = out.lists.end() - 1;
        }
        TRY(hand_over(list->posts, move, on, draft.overlap_days, at("moves", i)));
    }
    return out;
}

Result<RotationSet> set_rotation(const council::State& council, const OrganisationId& organisation,
                                 std::string id, const RotationDraft& draft) {
    TRY(known(council, organisation));
    RotationSet fact;
    fact.rotation = std::move(id);
    fact.organisation = organisation;
    TRY_LET(fact.name, i18n::line(draft.name, most_words, "/name"));
    if (draft.members.empty()) return invalid("prepare.contacts.nobody_in_rotation", "/members");
    if (draft.members.size() > most_posts)
        return invalid("prepare.contacts.too_many", "/members",
                       {{"most", std::to_string(most_posts)}});
    // Somebody may have two turns in a round, but never two in a row.
    for (std::size_t i = 0; i < draft.members.size(); ++i) {
        TRY(check_person(council, organisation, draft.members[i], at("members", i)));
        if (i > 0 && draft.members[i] == draft.members[i - 1])
            return invalid("prepare.contacts.member_twice", at("members", i));
    }
    fact.members = draft.members;
    fact.hours = draft.hours;
    if (draft.turn_days < 1 || draft.turn_days > 92)
        return invalid("prepare.contacts.bad_turn", "/turn_days");
    fact.turn_days = draft.turn_days;
    TRY_LET(const auto handover, check_time(draft.handover, "/handover"));
    TRY_LET(const auto from, check_time(draft.office_from, "/office_from"));
    TRY_LET(const auto until, check_time(draft.office_until, "/office_until"));
    if (handover >= Minutes{24 * 60})
        return invalid("prepare.contacts.bad_time", "/handover", {{"time", draft.handover}});
    if (until <= from) return invalid("prepare.contacts.office_hours_turned", "/office_until");
    fact.handover = draft.handover;
    fact.office_from = draft.office_from;
    fact.office_until = draft.office_until;
    TRY_LET(const auto starts_on, check_day(draft.starts_on, "/starts_on"));
    TRY_LET(const auto ends_on, check_day(draft.ends_on, "/ends_on"));
    if (ends_on && *ends_on < starts_on) return invalid("prepare.contacts.days_turned", "/ends_on");
    fact.starts_on = draft.starts_on;
    fact.ends_on = draft.ends_on;
    return fact;
}

Result<SubstitutionMade> substitute(const council::State& council, const State& state,
                                    const OrganisationId& organisation, std::string id,
                                    const SubstitutionDraft& draft) {
    TRY(known(council, organisation));
    TRY(check_person(council, organisation, draft.person, "/person"));
    if (draft.instead_of) {
        if (*draft.instead_of == draft.person)
            return invalid("prepare.contacts.same_person", "/instead_of");
        if (council.find(*draft.instead_of) == nullptr)
            return invalid("prepare.contacts.unknown_person", "/instead_of");
    }
    if (draft.rotation && state.find_rotation(organisation, *draft.rotation) == nullptr)
        return invalid("prepare.contacts.unknown_rotation", "/rotation");
    if (draft.until <= draft.from) return invalid("prepare.contacts.times_turned", "/until");
    if (draft.until - draft.from > longest_absence)
        return invalid("prepare.contacts.too_long", "/until");
    return SubstitutionMade{std::move(id),    organisation, draft.person, draft.rotation,
                            draft.instead_of, draft.from,   draft.until};
}

Result<AbsenceNoted> note_absence(const council::State& council, const PersonId& person,
                                  std::string id, Instant from, Instant until,
                                  AbsenceReason reason) {
    const auto* known_person = council.find(person);
    if (known_person == nullptr)
        return fail(ErrorKind::not_found, "prepare.contacts.unknown_person");
    if (known_person->erased) return fail(ErrorKind::conflict, "prepare.contacts.person_erased");
    if (until <= from) return invalid("prepare.contacts.times_turned", "/until");
    if (until - from > longest_absence) return invalid("prepare.contacts.too_long", "/until");
    return AbsenceNoted{std::move(id), person, from, until, reason};
}

}  // namespace noroshi::prepare::contacts
