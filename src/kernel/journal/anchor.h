#pragma once
// External anchors. The journal's head, signed with the installation's key, goes to other members
// every day and theirs are kept here; whoever holds one can later show that the journal it is of was
// rewritten. Format: docs/formats/anchor.md.
//
// Anchors is folded on both sides like a room's state. Sending begins when somebody is named to send
// to; without facts since the last digest none is made.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/crypto/signing.h"
#include "kernel/journal/journal.h"

namespace noroshi::journal {

struct Anchor {
    std::uint64_t sequence = 0;
    Hash head{};
    Instant at;
    std::string key;  // fingerprint
};

std::string write_anchor(const Anchor& anchor);
// Errors: invalid kernel.journal.anchor_malformed.
Result<Anchor> read_anchor(std::string_view text);
// That the signature (hex) is of this key (PEM), and the key the one the text names. Errors: invalid
// kernel.journal.{anchor_malformed, anchor_not_signed}.
Result<Anchor> check_anchor(std::string_view text, std::string_view signature,
                            std::string_view pem);
// That the store still holds that fact with that hash. Errors: corrupt
// kernel.journal.anchor_differs {sequence}.
Result<> compare_anchor(store::Reader& reader, const Anchor& anchor);

class Anchors {
public:
    struct Kept {
        std::string text, signature, key, from;  // `from` empty: our own
        Instant at;                              // when it was signed, or came
        std::vector<PersonId> sent_to;
    };

    struct Options {
        // Mail address of a person, or nothing; asked on the journal's thread.
        std::function<std::optional<std::string>(const PersonId&)> address_of;
        std::function<Language(const PersonId&)> language_of;
        std::string zone = "Asia/Tokyo";
        std::string mail_domain = "noroshi.invalid";
    };

    // Before Journal::start().
    Anchors(Journal& journal, Options options);
    ~Anchors();

    const SigningKey& key() const { return key_; }
    // Of the head as it is now: nothing is recorded.
    Kept sign_now() const;
    // Under Journal::read.
    const std::vector<Kept>& own() const;
    const std::vector<Kept>& received() const;
    const std::vector<PersonId>& witnesses() const;

    // Inside a command.
    Result<> choose_witnesses(Recorder& recorder, const std::vector<PersonId>& people);
    Result<> receive(Recorder& recorder, std::string from, std::string text, std::string signature,
                     std::string pem);

private:
    struct State;
    std::optional<Instant> next_due() const;
    Result<> fire(Recorder& recorder);

    Journal& journal_;
    Options options_;
    SigningKey key_;
    std::unique_ptr<State> pending_;
    std::unique_ptr<State> published_;
};

}  // namespace noroshi::journal
