#include "respond/incident/incident_letter.h"

#include "kernel/i18n/i18n.h"

namespace noroshi::respond::incident {

namespace {

std::string say(Language language, std::string_view key, const Arguments& arguments = {}) {
    return i18n::text(language, "respond.incident.letter." + std::string(key), arguments);
}

Letter letter(const About& about, const std::string& what, const std::string& body,
              Language language) {
    const std::string stamp =
        about.drill ? i18n::text(language, "respond.incident.drill_stamp") : std::string();
    const std::string label(label_of(about.tlp));
    Letter out;
    out.drill = about.drill;
    out.subject = stamp + "[" + label + "] " + what + ": " + about.title;
    if (about.drill) out.text += stamp + "\n";
    out.text += label + "\n\n" + body + "\n";
    if (!about.link.empty()) out.text += "\n" + about.link + "\n";
    out.text += "\n" + label + "\n";
    if (about.drill) out.text += stamp + "\n";
    out.sms = stamp + "[" + label + "] " + what + " " + about.title;
    if (!about.link.empty()) out.sms += " " + about.link;
    return out;
}

}  // namespace

Letter handover_offered(const HandoverLetter& of, std::string_view zone, Language language) {
    std::string body = say(language, "handover_offered",
                           {{"title", of.about.title},
                            {"from", of.from},
                            {"to", of.to},
                            {"time", format_for_people(of.lapses_at, zone, language)}});
    if (!of.note.empty()) body += "\n\n" + of.note;
    return letter(of.about, say(language, "handover_offered_subject"), body, language);
}

Letter handover_lapsed(const HandoverLetter& of, std::string_view zone, Language language) {
    std::string body = say(language, "handover_lapsed",
                           {{"title", of.about.title},
                            {"from", of.from},
                            {"to", of.to},
                            {"time", format_for_people(of.lapses_at, zone, language)}});
    if (!of.note.empty()) body += "\n\n" + of.note;
    return letter(of.about, i18n::text(language, "respond.incident.handover_lapsed"), body,
                  language);
}

Letter evidence_offered(const EvidenceLetter& of, Language language) {
    std::string body = say(language, "evidence",
                           {{"title", of.about.title},
                            {"from", of.from},
                            {"number", of.number},
                            {"text", of.description}});
    if (!of.note.empty()) body += "\n\n" + of.note;
    return letter(of.about, say(language, "evidence_subject"), body, language);
}

Letter question_asked(const QuestionLetter& of, std::string_view zone, Language language) {
    std::string body =
        say(language, "question", {{"from", of.from}}) + "\n\n" + of.question + "\n\n" +
        say(language, of.of == QuestionLetter::Of::entry      ? "question_about_entry"
                      : of.of == QuestionLetter::Of::incident ? "question_about_incident"
                                                              : "question_about") +
        "\n" + of.content;
    if (of.due)
        body += "\n\n" + say(language, "question_due",
                             {{"time", format_for_people(*of.due, zone, language)}});
    return letter(of.about, say(language, "question_subject"), body, language);
}

}  // namespace noroshi::respond::incident
