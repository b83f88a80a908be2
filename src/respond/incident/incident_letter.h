#pragma once
// Letters of the incident room: who is asked to take command, whom it is told that nobody did, who is
// asked for more information, and reports. Each begins with the drill's stamp and the TLP label, in
// the reader's language. Pure.

#include <optional>
#include <string>

#include "kernel/identity/visibility.h"
#include "kernel/time/time.h"

namespace noroshi::respond::incident {

struct Letter {
    std::string subject;
    std::string text;
    std::string html;  // may be empty
    std::string sms;   // for whoever has no mail
    bool drill = false;
};

// What every letter says about its incident.
struct About {
    std::string title;
    Tlp tlp = Tlp::amber;
    bool drill = false;
    std::string link;  // whole URL, or empty
};

struct HandoverLetter {
    About about;
    std::string from, to;  // names
    std::string note;
    Instant lapses_at;
};
Letter handover_offered(const HandoverLetter& of, std::string_view zone, Language language);
Letter handover_lapsed(const HandoverLetter& of, std::string_view zone, Language language);

struct QuestionLetter {
    About about;
    std::string from;
    std::string question;
    enum class Of { observation, entry, incident } of = Of::observation;
    std::string content;  // of that observation or entry; the incident's title
    std::optional<Instant> due;
};
struct EvidenceLetter {
    About about;
    std::string from;
    std::string number;
    std::string description;
    std::string note;
};
Letter evidence_offered(const EvidenceLetter& of, Language language);

Letter question_asked(const QuestionLetter& of, std::string_view zone, Language language);

}  // namespace noroshi::respond::incident
