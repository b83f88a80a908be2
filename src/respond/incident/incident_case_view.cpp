#include "respond/incident/incident_case_view.h"

#include <algorithm>
#include <tuple>

#include "kernel/i18n/i18n.h"
#include "kernel/json/json.h"
#include "respond/incident/incident_checks.h"

namespace noroshi::respond::incident {

namespace {

constexpr std::size_t shown_at_once = 10;

std::optional<std::string> if_any(const std::string& text) {
    if (text.empty()) return {};
    return text;
}
template <class Tag>
std::optional<Id<Tag>> if_any(const Id<Tag>& id) {
    if (id.empty()) return {};
    return id;
}

std::string_view name_of(Case::Change change) {
    switch (change) {
    case Case::Change::opened: return "opened";
    case Case::Change::taken: return "taken";
    case Case::Change::offered: return "offered";
    case Case::Change::accepted: return "accepted";
    case Case::Change::declined: return "declined";
    case Case::Change::withdrawn: return "withdrawn";
    case Case::Change::lapsed: return "lapsed";
    }
    return "";
}

std::string_view name_of(Case::Custody::What what) {
    switch (what) {
    case Case::Custody::What::taken: return "taken";
    case Case::Custody::What::handed_over: return "handed_over";
    case Case::Custody::What::sealed: return "sealed";
    case Case::Custody::What::checked: return "checked";
    case Case::Custody::What::offered: return "offered";
    case Case::Custody::What::accepted: return "accepted";
    case Case::Custody::What::declined: return "declined";
    }
    return "";
}

std::string_view name_of(Observation::Turn::What what) {
    switch (what) {
    case Observation::Turn::What::asked: return "asked";
    case Observation::Turn::What::answered: return "answered";
    case Observation::Turn::What::settled: return "settled";
    case Observation::Turn::What::reopened: return "reopened";
    case Observation::Turn::What::raised: return "raised";
    }
    return "";
}

std::string one_line(std::string_view text, std::size_t most) {
    std::string out;
    std::size_t characters = 0;
    for (const char c : text) {
        if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80 && ++characters > most)
            return out + "…";
        out += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
    }
    return out;
}

// A line, or what it was corrected to in the end.
Number latest_of(const Board& board, Number number) {
    for (;;) {
        if (number > board.last_number()) return number;
        const More* more = board.more_of(number);
        if (more == nullptr || more->corrected_by == 0) return number;
        number = more->corrected_by;
    }
}

bool is_expert(const council::Organisation* organisation) {
    return organisation != nullptr &&
           (organisation->kind == council::OrganisationKind::security_expert ||
            organisation->kind == council::OrganisationKind::jpcert);
}

}  // namespace

Result<CaseView::Seen> CaseView::find(const Principal& reader, const IncidentId& id) const {
    const Board* board = view_.boards().find(id.text);
    const Case* of = cases_.find(id);
    if (board == nullptr || of == nullptr || !may_see(reader.viewer, *board->visibility))
        return fail(ErrorKind::not_found, "respond.incident.unknown");
    return Seen{board, of};
}

bool CaseView::sees(const Principal& reader, const Board& board, Number number) const {
    return may_see(reader.viewer, view_.boards().visibility_of(board, board.line(number)));
}

AuthorItem CaseView::person(const PersonId& id, const OrganisationId& organisation,
                            Language language) const {
    AuthorItem item{id, council_.name_of(id, language), organisation};
    if (item.organisation.empty())
        if (const auto* known = council_.find(id); known != nullptr && !known->roles.empty())
            item.organisation = known->roles.front().organisation;
    return item;
}

AuthorItem CaseView::author(const Case::Said& said, Language language) const {
    return person(said.by, said.organisation, language);
}

// ---- command -------------------------------------------------------------------------------

CommandItem CaseView::command_of(const Principal& reader, const Seen& seen,
                                 Language language) const {
    const Case& of = *seen.of;
    CommandItem item;
    item.in_charge = person(of.in_charge, of.in_charge_for, language);
    item.since = of.in_charge_since;
    if (of.offer)
        item.offer = OfferItem{person(of.offer->to, {}, language),
                               person(of.offer->from, {}, language),
                               if_any(of.offer->note),
                               of.offer->offered_at,
                               of.offer->lapses_at,
                               of.offer->lapsed};
    for (const auto& change : of.command) {
        CommandChangeItem said{
            std::string(name_of(change.change)), {}, {}, change.at, if_any(change.note)};
        if (change.change != Case::Change::lapsed) said.by = person(change.by, {}, language);
        if (!change.to.empty()) said.to = person(change.to, {}, language);
        item.history.push_back(std::move(said));
    }
    const journal::World& world = seen.board->world;
    const auto leads = [&](const std::vector<RoleIn>& roles) {
        return std::ranges::any_of(roles, [&](const RoleIn& role) {
            if (role.role == Role::administrator) return !world.is_live();
            if (role.role != Role::duty_officer && role.role != Role::leader) return false;
            const auto* organisation = council_.find(role.organisation);
            return organisation != nullptr &&
                   organisation->kind == council::OrganisationKind::port_manager;
        });
    };
    const bool open = of.open && takes_part_in(reader, world);
    item.can_take = open && leads(reader.roles) && of.in_charge != reader.person;
    item.can_hand_over = open && (leads(reader.roles) || of.in_charge == reader.person);
    item.can_accept = open && of.offer && of.offer->to == reader.person;
    item.can_withdraw =
        open && of.offer && (of.offer->from == reader.person || of.in_charge == reader.person);
    if (item.can_hand_over)
        for (const auto* one : council_.people())
            if (one->id != of.in_charge && leads(one->roles) &&
                may_see(council_.viewer_of(one->id), *seen.board->visibility))
                item.candidates.push_back(person(one->id, {}, language));
    return item;
}

Result<CommandItem> CaseView::command(const Principal& reader, const IncidentId& id,
                                      Language language) const {
    TRY_LET(const Seen seen, find(reader, id));
    return command_of(reader, seen, language);
}

// ---- the cause -----------------------------------------------------------------------------

CauseItem CaseView::cause_of(const Seen& seen, Language language) const {
    CauseItem item;
    for (std::size_t i = 0; i < seen.of->hypotheses.size(); ++i) {
        const auto& of = seen.of->hypotheses[i];
        HypothesisItem hypothesis;
        hypothesis.number = static_cast<std::uint32_t>(i) + 1;
        hypothesis.statement = of.statement;
        hypothesis.standing = of.standing();
        hypothesis.author = author(of.said, language);
        hypothesis.on_behalf_of = if_any(of.said.on_behalf_of);
        hypothesis.at = of.said.at;
        for (const auto& weighed : of.weighed) {
            if (weighed.weight == Weight::supports) ++hypothesis.supports;
            if (weighed.weight == Weight::contradicts) ++hypothesis.contradicts;
            WeighedItem one{weighed.weight,
                            weighed.statement,
                            author(weighed.said, language),
                            if_any(weighed.said.on_behalf_of),
                            weighed.said.at,
                            {},
                            {}};
            if (weighed.entry != 0) one.entry = weighed.entry;
            if (weighed.evidence != 0) one.evidence = weighed.evidence;
            hypothesis.weighed.push_back(std::move(one));
        }
        for (const auto& judged : of.judged)
            hypothesis.judged.push_back({judged.standing, if_any(judged.reason),
                                         author(judged.said, language), judged.said.at});
        item.hypotheses.push_back(std::move(hypothesis));
    }
    for (const auto& concluded : seen.of->conclusions) {
        ConcludedItem one{concluded.conclusion,
                          {},
                          concluded.reason,
                          author(concluded.said, language),
                          concluded.said.at};
        if (concluded.hypothesis != 0) one.hypothesis = concluded.hypothesis;
        item.conclusion = concluded.conclusion;
        item.conclusions.push_back(std::move(one));
    }
    return item;
}

Result<CauseItem> CaseView::cause(const Principal& reader, const IncidentId& id,
                                  Language language) const {
    TRY_LET(const Seen seen, find(reader, id));
    return cause_of(seen, language);
}

// ---- custody -------------------------------------------------------------------------------

EvidenceItem CaseView::item_of(const Principal& reader, std::uint32_t number,
                               const Case::Evidence& of, Language language) const {
    EvidenceItem item;
    item.number = number;
    item.description = of.body.description;
    item.sha256 = of.body.sha256;
    item.size = of.body.size;
    item.attachment = of.body.attachment;
    item.place = of.body.place;
    // An empty name is that of the author of the step.
    const std::string taker = council_.name_of(of.steps.front().said.by, language);
    const auto named = [&](const std::string& name, const PersonId& signs_in) {
        if (!signs_in.empty()) return council_.name_of(signs_in, language);
        return name.empty() ? taker : name;
    };
    item.held_by = named(of.held_by, of.held_by_person);
    if (of.offered) {
        item.offered_to = person(of.offered->to, of.offered->organisation, language);
        item.can_accept = of.offered->to == reader.person;
        item.can_withdraw = of.offered->by == reader.person;
    }
    item.held_by_organisation = if_any(of.held_by_organisation);
    item.seal = if_any(of.seal);
    for (const auto& step : of.steps) {
        using What = Case::Custody::What;
        CustodyItem one;
        one.what = name_of(step.what);
        one.at = step.said.at;
        one.author = author(step.said, language);
        one.to_organisation = if_any(step.to_organisation);
        one.seal = if_any(step.seal);
        one.sha256 = if_any(step.sha256);
        one.intact = step.intact;
        one.note = if_any(step.note);
        const bool moves = step.what != What::sealed && step.what != What::checked;
        one.from = moves               ? named(step.from, step.from_person)
                   : step.from.empty() ? council_.name_of(step.said.by, language)
                                       : step.from;
        if (moves) one.to = named(step.to, step.to_person);
        item.damaged = item.damaged || step.intact == false;
        item.steps.push_back(std::move(one));
    }
    return item;
}

Result<EvidenceList> CaseView::evidence(const Principal& reader, const IncidentId& id,
                                        Language language) const {
    TRY_LET(const Seen seen, find(reader, id));
    EvidenceList list;
    for (const auto& one : seen.of->evidence)
        list.items.push_back(item_of(reader, one.body.number, one, language));
    return list;
}

// ---- links, advice, systems ----------------------------------------------------------------

LinkList CaseView::links_of(const Principal& reader, const Seen& seen) const {
    LinkList list;
    const auto add = [&](const IncidentId& id, const Case::Link& link, bool later) {
        const Board* other = view_.boards().find(id.text);
        if (other == nullptr) return;
        if (!may_see(reader.viewer, *other->visibility)) {
            ++list.hidden;
            return;
        }
        list.items.push_back({id, other->number, other->title,
                              other->open ? Standing::open : Standing::closed, other->began_at,
                              link.relation, later, if_any(link.note)});
    };
    for (const auto& [id, link] : seen.of->links) add(id, link, false);
    for (const auto& id : seen.of->linked_by)
        if (const Case* other = cases_.find(id)) {
            const auto link = other->links.find(seen.board->id);
            if (link != other->links.end()) add(id, link->second, true);
        }
    std::ranges::sort(list.items, {}, &LinkItem::event_time);
    return list;
}

Result<LinkList> CaseView::links(const Principal& reader, const IncidentId& id, Language) const {
    TRY_LET(const Seen seen, find(reader, id));
    return links_of(reader, seen);
}

// The first line that an expert wrote or that was written on an expert's behalf counts as advice, and
// every line that somebody said to be an expert's.
AdviceList CaseView::advice_of(const Principal& reader, const Seen& seen, Language language) const {
    const Board& board = *seen.board;
    AdviceList list;
    const auto add = [&](std::string what, Number entry, std::string adviser,
                         const OrganisationId& organisation) {
        if (entry == 0 || entry > board.last_number() || !sees(reader, board, entry)) return;
        const Line& line = board.line(entry);
        AdviceLine item{
            std::move(what),
            entry,
            std::move(adviser),
            if_any(organisation),
            std::string(line.content()),
            line.event_time,
            std::chrono::floor<std::chrono::minutes>(line.event_time - board.began_at).count(),
            false};
        item.open = item.what == "asked" && board.is_open_task(entry);
        list.items.push_back(std::move(item));
    };
    for (const auto& asked : seen.of->advice_asked)
        add("asked", asked.entry, asked.adviser, asked.organisation);
    for (const auto& advice : seen.of->advice)
        add("received", advice.entry, advice.adviser, advice.organisation);
    for (const auto& word : board.first_words)
        if (is_expert(council_.find(word.organisation)) &&
            std::ranges::find(seen.of->advice, word.number, &Case::Advice::entry) ==
                seen.of->advice.end())
            add("received", word.number, council_.name_of(word.organisation, language),
                word.organisation);
    std::ranges::sort(list.items, {},
                      [](const AdviceLine& item) { return std::pair(item.at, item.entry); });
    for (const auto& item : list.items) {
        if (item.what == "asked" && !list.asked_minutes) list.asked_minutes = item.minutes;
        if (item.what == "received" && !list.first) {
            list.first =
                AdviceItem{item.entry, item.adviser, item.organisation, item.at, item.minutes};
            list.first_minutes = item.minutes;
        }
    }
    if (list.asked_minutes && list.first_minutes && *list.first_minutes >= *list.asked_minutes)
        list.asked_to_first_minutes = *list.first_minutes - *list.asked_minutes;
    return list;
}

Result<AdviceList> CaseView::advice(const Principal& reader, const IncidentId& id,
                                    Language language) const {
    TRY_LET(const Seen seen, find(reader, id));
    return advice_of(reader, seen, language);
}

QuestionList CaseView::questions_of(const Principal& reader, const Seen& seen,
                                    Language language) const {
    const Board& board = *seen.board;
    QuestionList list;
    for (const auto& one : seen.of->questions) {
        if (one.entry == 0 || one.entry > board.last_number()) continue;
        const Number entry = latest_of(board, one.entry);
        if (!sees(reader, board, entry)) {
            ++list.hidden;
            continue;
        }
        const More* more = board.more_of(entry);
        QuestionItem item;
        item.entry = entry;
        if (one.about != 0) item.about = latest_of(board, one.about);
        item.question = board.line(entry).content();
        const Author& author = view_.boards().author(board.line(entry).author);
        item.author = person(author.person, author.organisation, language);
        item.at = board.line(entry).event_time;
        if (!one.asked.empty()) item.asked = person(one.asked, {}, language);
        item.asked_organisation = if_any(one.asked_organisation);
        if (more != nullptr) item.due = more->due;
        item.open = board.is_open_task(entry);
        if (more != nullptr && more->done_by != 0) {
            item.answered_by = more->done_by;
            if (sees(reader, board, more->done_by))
                item.answer = std::string(board.line(more->done_by).content());
        }
        item.asked_of_reader =
            item.open && (one.asked == reader.person ||
                          std::ranges::any_of(reader.roles, [&](const RoleIn& role) {
                              return role.organisation == one.asked_organisation;
                          }));
        item.can_answer = item.open && takes_part_in(reader, board.world) &&
                          has_any(reader, roles_that_write()) &&
                          may_answer(reader, one, board.world);
        list.items.push_back(std::move(item));
    }
    std::ranges::sort(list.items, {}, [](const QuestionItem& item) {
        return std::tuple(!item.open, item.open ? item.due.value_or(Instant::max()) : item.at,
                          item.entry);
    });
    return list;
}

Result<QuestionList> CaseView::questions(const Principal& reader, const IncidentId& id,
                                         Language language) const {
    TRY_LET(const Seen seen, find(reader, id));
    return questions_of(reader, seen, language);
}

Result<prepare::port::Reach> CaseView::reach(const Principal& reader, const IncidentId& id,
                                             Language language) const {
    TRY_LET(const Seen seen, find(reader, id));
    return systems_.reach(reader, port_, seen.of->systems, {}, language);
}

// ---- milestones ----------------------------------------------------------------------------

std::vector<StageItem> CaseView::stages_of(const Board& board, Instant now) const {
    std::vector<StageItem> stages;
    std::vector<TerminalId> terminals = board.terminals;
    for (const auto& history : board.milestones) add_once(terminals, history.terminal);
    for (const auto& terminal : terminals) {
        StageItem stage;
        stage.terminal = terminal;
        for (int m = 0; m <= static_cast<int>(Milestone::normal); ++m) {
            const auto milestone = static_cast<Milestone>(m);
            const auto history = std::ranges::find_if(board.milestones, [&](const auto& one) {
                return one.terminal == terminal && one.milestone == milestone;
            });
            const bool said = history != board.milestones.end();
            const auto* last = said ? &history->said.back() : nullptr;
            if (last != nullptr && last->state == MilestoneState::reached) {
                stage.reached = milestone;
                stage.reached_at = last->time;
                if (milestone == Milestone::safety_confirmed &&
                    (last->confirmed_by.empty() || last->evidence.empty()))
                    stage.safety_unfounded = true;
                stage.next.reset();
                // Of those before it nobody waits any more.
                stage.promises.clear();
                continue;
            }
            if (said && std::ranges::any_of(history->said, [](const auto& one) {
                    return one.state == MilestoneState::reached;
                }))
                stage.went_back = true;
            std::size_t slips = 0;
            if (said) {
                std::optional<Instant> before;
                for (const auto& one : history->said) {
                    if (one.state != MilestoneState::announced) continue;
                    if (before && one.time > *before) ++slips;
                    before = one.time;
                }
            }
            if (last != nullptr && last->state == MilestoneState::announced)
                stage.promises.push_back({milestone, last->time, slips, last->time < now});
            if (!stage.next) {
                stage.next = milestone;
                stage.promised_at.reset();
                stage.slips = slips;
                if (last != nullptr && last->state == MilestoneState::announced)
                    stage.promised_at = last->time;
            }
        }
        stage.overdue = stage.promised_at && *stage.promised_at < now;
        stages.push_back(std::move(stage));
    }
    return stages;
}

// ---- reports -------------------------------------------------------------------------------

ReportSummary CaseView::summary_of(const Principal& reader, const Board& board, const Case& of,
                                   const Case::Report& report, Language language) const {
    const auto printed = print_report({view_.boards(), board, of}, report, reader.viewer, {},
                                      council_, zone_, language);
    ReportSummary item;
    item.number = printed.number;
    item.report_kind = printed.report_kind;
    item.heading = printed.heading;
    item.issued_at = printed.issued_at;
    item.author = author(report.said, language);
    item.on_behalf_of = if_any(report.said.on_behalf_of);
    item.up_to = printed.up_to;
    item.unknown = static_cast<std::size_t>(
        std::ranges::count_if(printed.items, [](const auto& one) { return one.unknown; }));
    item.withheld = printed.withheld;
    for (const auto& sent : report.sent)
        item.sent.push_back({sent.to, sent.people.size(), if_any(sent.medium), sent.said.at,
                             author(sent.said, language)});
    if (board.world.is_live()) item.approval_record = approval_record(board.id, report.body.number);
    return item;
}

Result<ReportList> CaseView::reports(const Principal& reader, const IncidentId& id,
                                     Language language) const {
    TRY_LET(const Seen seen, find(reader, id));
    ReportList list;
    for (auto report = seen.of->reports.rbegin(); report != seen.of->reports.rend(); ++report)
        list.items.push_back(summary_of(reader, *seen.board, *seen.of, *report, language));
    return list;
}

Result<ReportDraft> CaseView::draft(const Principal& reader, const IncidentId& id,
                                    Language language) const {
    TRY_LET(const Seen seen, find(reader, id));
    return draft_report(*seen.board, *seen.of, reader.viewer, view_.boards(), council_, port_,
                        zone_, language);
}

Result<PrintedReport> CaseView::report(const Principal& reader, const IncidentId& id,
                                       std::uint32_t number, const OrganisationId& as,
                                       Language language) const {
    TRY_LET(const Seen seen, find(reader, id));
    if (number == 0 || number > seen.of->reports.size())
        return fail(ErrorKind::not_found, "respond.incident.report_unknown",
                    {{"number", std::to_string(number)}});
    const Case::Report& report = seen.of->reports[number - 1];
    if (as.empty())
        return print_report({view_.boards(), *seen.board, *seen.of}, report, reader.viewer, {},
                            council_, zone_, language);
    const auto* organisation = council_.find(as);
    if (organisation == nullptr)
        return fail(ErrorKind::invalid, "respond.incident.organisation_unknown",
                    {{"organisation", as.text}});
    const Viewer receiver = viewer_of(council_, as);
    if (!may_see(receiver, *seen.board->visibility))
        return fail(ErrorKind::invalid, "respond.incident.recipient_not_reader",
                    {{"organisation", council_.name_of(as, language)}});
    auto printed = print_report({view_.boards(), *seen.board, *seen.of}, report, receiver,
                                council_.name_of(as, language), council_, zone_, language);
    // Nobody reads by way of another what is withheld from oneself.
    const auto own = print_report({view_.boards(), *seen.board, *seen.of}, report, reader.viewer,
                                  {}, council_, zone_, language);
    for (std::size_t i = 0; i < printed.items.size(); ++i)
        if (own.items[i].withheld && !printed.items[i].withheld) {
            printed.items[i] = own.items[i];
            ++printed.withheld;
        }
    if (own.withheld > 0) printed.fields = own.fields;
    const auto only_own = [](std::vector<PrintedField>& theirs,
                             const std::vector<PrintedField>& ours) {
        std::erase_if(theirs, [&](const PrintedField& field) {
            return std::ranges::find(ours, field) == ours.end();
        });
    };
    only_own(printed.questions, own.questions);
    only_own(printed.advice, own.advice);
    return printed;
}

// ---- the situation -------------------------------------------------------------------------

Result<std::vector<ClockItem>> CaseView::clocks(const Principal& reader, const IncidentId& id,
                                                Instant now, Language language) const {
    TRY_LET(const Seen seen, find(reader, id));
    auto items = clocks_of(clocks_, *seen.board, *seen.of, council_, port_,
                           cases_.now_in(seen.board->world, now), language);
    // By which entry is told only to whoever sees it.
    for (auto& item : items)
        if (item.entry &&
            (*item.entry > seen.board->last_number() || !sees(reader, *seen.board, *item.entry)))
            item.entry.reset();
    return items;
}

Result<Situation> CaseView::situation(const Principal& reader, const IncidentId& id, Instant now,
                                      Language language) const {
    TRY_LET(const Seen seen, find(reader, id));
    const Board& board = *seen.board;
    Situation out;
    TRY_LET(out.incident, view_.one(reader, id, language));
    out.incident.milestones.reset();
    out.now = cases_.now_in(board.world, now);
    out.command = command_of(reader, seen, language);
    TRY_LET(out.clocks, clocks(reader, id, now, language));
    auto advice = advice_of(reader, seen, language);
    out.first_advice = std::move(advice.first);
    for (const auto& line : advice.items)
        if (line.what == "asked" && !out.advice_asked_at) out.advice_asked_at = line.at;
    for (auto& question : questions_of(reader, seen, language).items)
        if (question.open) out.questions.push_back(std::move(question));
    out.stages = stages_of(board, out.now);
    TRY_LET(auto tasks, view_.open_tasks(reader, id, language));
    out.tasks = std::move(tasks.items);
    for (const auto& task : out.tasks)
        if (task.due && *task.due < out.now) ++out.tasks_overdue;
    const auto latest = [&](const std::vector<Number>& numbers, auto wanted) {
        std::vector<EntryItem> items;
        for (auto number = numbers.rbegin();
             number != numbers.rend() && items.size() < shown_at_once; ++number)
            if (wanted(*number) && sees(reader, board, *number))
                items.push_back(view_.entry(board, *number, language));
        return items;
    };
    out.decisions = latest(board.decisions, [](Number) { return true; });
    out.rumours = latest(board.unconfirmed, [&](Number number) {
        return board.line(number).kind() == EntryKind::rumour;
    });
    out.unconfirmed = board.unconfirmed.size();
    for (const Number number : board.narrow)
        if (!sees(reader, board, number) && std::ranges::binary_search(board.unconfirmed, number))
            --out.unconfirmed;
    out.cause = cause_of(seen, language);
    out.evidence = seen.of->evidence.size();
    for (const auto& one : seen.of->evidence)
        if (std::ranges::any_of(one.steps, [](const auto& s) { return s.intact && !*s.intact; }))
            ++out.evidence_damaged;
    out.links = links_of(reader, seen);
    out.reports = seen.of->reports.size();
    if (!seen.of->reports.empty())
        out.last_report = summary_of(reader, board, *seen.of, seen.of->reports.back(), language);
    for (const auto& system : seen.of->systems) {
        const auto* known = systems_.find(system);
        if (known != nullptr && may_see(reader.viewer, *known->visibility))
            out.systems.push_back(system);
    }
    out.reach = systems_.reach(reader, port_, seen.of->systems, {}, language);
    for (const auto& one : seen.of->undelivered)
        out.undelivered.push_back(
            {person(one.person, {}, language), one.about, one.refused, one.at});
    out.hidden = out.incident.hidden.value_or(0);
    return out;
}

// ---- closing -------------------------------------------------------------------------------

Result<Closing> CaseView::closing(const Principal& reader, const IncidentId& id, Instant now,
                                  Language language) const {
    TRY_LET(const Situation at, situation(reader, id, now, language));
    TRY_LET(const Seen seen, find(reader, id));
    Closing out;
    out.hidden = at.hidden;
    const auto say = [&](std::string_view key, Arguments arguments = {}) {
        return i18n::text(language, "respond.incident.closing." + std::string(key), arguments);
    };
    const auto milestone = [&](Milestone of) {
        return i18n::text(language, "respond.incident.milestone." + std::string(json::name_of(of)));
    };
    for (const auto& task : at.tasks)
        out.items.push_back({"task",
                             say("task", {{"number", std::to_string(task.number)},
                                          {"text", one_line(task.content, 60)}}),
                             task.number,
                             {}});
    if (at.unconfirmed > 0)
        out.items.push_back({"unconfirmed",
                             say("unconfirmed", {{"count", std::to_string(at.unconfirmed)}}),
                             {},
                             {}});
    for (const auto& stage : at.stages) {
        const std::string terminal = port_.name_of(stage.terminal, language);
        if (stage.reached != Milestone::normal)
            out.items.push_back({"milestone",
                                 stage.reached
                                     ? say("milestone", {{"terminal", terminal},
                                                         {"milestone", milestone(*stage.reached)}})
                                     : say("no_milestone", {{"terminal", terminal}}),
                                 {},
                                 stage.terminal.text});
        for (const auto& promise : stage.promises)
            if (promise.overdue)
                out.items.push_back({"promise",
                                     say("promise", {{"terminal", terminal},
                                                     {"milestone", milestone(promise.milestone)},
                                                     {"time", format_for_people(promise.promised_at,
                                                                                zone_, language)}}),
                                     {},
                                     stage.terminal.text});
        if (stage.safety_unfounded)
            out.items.push_back(
                {"safety", say("safety", {{"terminal", terminal}}), {}, stage.terminal.text});
    }
    if (at.cause.conclusion == Conclusion::open)
        out.items.push_back({"cause", say("cause"), {}, {}});
    for (const auto& hypothesis : at.cause.hypotheses)
        if (hypothesis.standing == HypothesisStanding::open ||
            hypothesis.standing == HypothesisStanding::likely)
            out.items.push_back({"hypothesis",
                                 say("hypothesis", {{"number", std::to_string(hypothesis.number)},
                                                    {"text", one_line(hypothesis.statement, 60)}}),
                                 {},
                                 std::to_string(hypothesis.number)});
    for (const auto& one : seen.of->evidence) {
        const std::string number = std::to_string(one.body.number);
        const std::string text = one_line(one.body.description, 40);
        if (std::ranges::any_of(one.steps, [](const auto& s) { return s.intact && !*s.intact; }))
            out.items.push_back({"evidence",
                                 say("evidence_damaged", {{"number", number}, {"text", text}}),
                                 {},
                                 number});
        if (one.offered)
            out.items.push_back({"evidence",
                                 say("evidence_offered", {{"number", number}, {"text", text}}),
                                 {},
                                 number});
        if (!one.body.sha256 && one.seal.empty())
            out.items.push_back({"evidence",
                                 say("evidence_open", {{"number", number}, {"text", text}}),
                                 {},
                                 number});
    }
    for (const auto& clock : at.clocks)
        if (clock.state == ClockState::running || clock.state == ClockState::overdue)
            out.items.push_back({"clock",
                                 say(clock.state == ClockState::overdue ? "clock_overdue" : "clock",
                                     {{"what", clock.what},
                                      {"who", council_.name_of(clock.who, language)},
                                      {"time", format_for_people(*clock.due_at, zone_, language)}}),
                                 {},
                                 clock.clock});
    if (at.command.offer)
        out.items.push_back(
            {"handover", say("handover", {{"name", at.command.offer->to.name}}), {}, {}});
    if (seen.of->reports.empty())
        out.items.push_back({"report", say("no_report"), {}, {}});
    else if (seen.of->reports.back().body.report_kind != ReportKind::final)
        out.items.push_back({"report", say("no_final_report"), {}, {}});
    return out;
}

// ---- observations --------------------------------------------------------------------------

ObservationItem CaseView::item_of(const Principal& reader, const Observation& of,
                                  Language language) const {
    ObservationItem item;
    item.id = of.id;
    item.number = of.number;
    switch (of.state) {
    case Observation::State::fresh: item.state = ObservationState::fresh; break;
    case Observation::State::questioned: item.state = ObservationState::needs_information; break;
    case Observation::State::answered: item.state = ObservationState::answered; break;
    case Observation::State::raised: item.state = ObservationState::raised; break;
    case Observation::State::settled: item.state = ObservationState::settled; break;
    }
    item.content = of.content;
    item.source = if_any(of.source);
    item.terminals = of.terminals;
    item.author = author(of.said, language);
    item.on_behalf_of = if_any(of.said.on_behalf_of);
    item.event_time = of.noticed_at;
    item.entry_time = of.entry_time;
    item.visibility = {of.visibility->tlp, of.visibility->organisations, of.visibility->people,
                       of.visibility->investigators ? std::optional(true) : std::nullopt};
    item.exercise = if_any(of.world.exercise);
    if (const Board* board = view_.boards().find(of.incident.text);
        board != nullptr && may_see(reader.viewer, *board->visibility))
        item.incident = of.incident;
    if (const auto* question = of.question()) {
        if (!question->asked.empty()) item.waiting_for = person(question->asked, {}, language);
        item.waiting_for_organisation = if_any(question->asked_organisation);
        item.due = question->due;
        item.asked_of_reader = question->asked == reader.person ||
                               std::ranges::any_of(reader.roles, [&](const RoleIn& role) {
                                   return role.organisation == question->asked_organisation;
                               });
    }
    for (const auto& turn : of.turns) {
        TurnItem one{std::string(name_of(turn.what)),
                     if_any(turn.text),
                     {},
                     if_any(turn.asked_organisation),
                     turn.due,
                     author(turn.said, language),
                     turn.said.at};
        if (!turn.asked.empty()) one.asked = person(turn.asked, {}, language);
        item.turns.push_back(std::move(one));
    }
    item.version = of.version;
    return item;
}

ObservationList CaseView::observations(const Principal& reader, const journal::World& world,
                                       Language language) const {
    ObservationList list;
    for (const auto* one : cases_.observations(world)) {
        if (may_see(reader.viewer, *one->visibility))
            list.items.push_back(item_of(reader, *one, language));
        else
            ++list.hidden;
    }
    std::ranges::sort(list.items, {}, [](const ObservationItem& item) {
        const bool ended =
            item.state == ObservationState::raised || item.state == ObservationState::settled;
        return std::pair(ended, -static_cast<std::int64_t>(item.number));
    });
    return list;
}

Result<ObservationItem> CaseView::observation(const Principal& reader, const ObservationId& id,
                                              Language language) const {
    const auto* one = cases_.find(id);
    if (one == nullptr || !may_see(reader.viewer, *one->visibility))
        return fail(ErrorKind::not_found, "respond.incident.observation_unknown");
    return item_of(reader, *one, language);
}

}  // namespace noroshi::respond::incident
