#pragma once
// Text as a voice for the telephone. Japanese: mecab says how it is pronounced, espeak-ng speaks it
// (both of Debian's main; no network, no model of ours). Child processes without a shell, the text on
// their standard input. Thread-safe.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::edge::courier {

// 8,000 samples a second, 16 bit.
using Samples = std::vector<std::int16_t>;

struct SpeechOptions {
    std::string espeak = "/usr/bin/espeak-ng";
    std::string mecab = "/usr/bin/mecab";
    std::string dictionary = "/var/lib/mecab/dic/ipadic-utf8";
    int words_a_minute = 130;
    std::chrono::seconds longest{90};  // of what is spoken; the rest is cut off
};

// One sentence a line. Errors: unavailable edge.courier.speech_failed {program}.
Result<Samples> speak(std::string_view text, Language language, const SpeechOptions& options = {});

// "ケンチョウサンカイニ…": as espeak-ng reads Japanese. `mecab`: its output, one word a line.
std::string kana_of(std::string_view mecab);
// RIFF, 16 bit, mono, whatever rate; also one whose sizes are not known, as a pipe writes them.
// Errors: corrupt edge.courier.speech_failed.
Result<Samples> samples_of(std::string_view wav);

// ITU-T G.711: µ-law, one octet a sample.
std::uint8_t to_mu_law(std::int16_t sample);
std::int16_t of_mu_law(std::uint8_t octet);
// The same by A-law, as Europe and many Japanese carriers have it.
std::uint8_t to_a_law(std::int16_t sample);
std::int16_t of_a_law(std::uint8_t octet);

}  // namespace noroshi::edge::courier
