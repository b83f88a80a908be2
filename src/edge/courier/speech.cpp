#include "edge/courier/speech.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace noroshi::edge::courier {

namespace {

constexpr std::size_t output_limit = 16 * 1024 * 1024;

// What the program writes when it is given `input`. It is killed when it takes longer than a minute.
std::optional<std::string> output_of(const std::string& program,
                                     const std::vector<std::string>& arguments,
                                     std::string_view input) {
    int in[2];
    int out[2];
    if (::pipe2(in, O_CLOEXEC) != 0) return {};
    if (::pipe2(out, O_CLOEXEC) != 0) {
        ::close(in[0]);
        ::close(in[1]);
        return {};
    }
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    std::vector<char*> argv{const_cast<char*>(program.c_str())};
    for (const auto& one : arguments) argv.push_back(const_cast<char*>(one.c_str()));
    argv.push_back(nullptr);
    std::array<char*, 2> environment{const_cast<char*>("LC_ALL=C.UTF-8"), nullptr};
    pid_t child = 0;
    const int spawned =
        ::posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    std::string result;
    bool sound = spawned == 0;
    if (sound) {
        ::fcntl(in[1], F_SETFL, O_NONBLOCK);
        int writing = input.empty() ? -1 : in[1];
        if (input.empty()) {
            ::close(in[1]);
            in[1] = -1;
        }
        const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (true) {
            std::array<pollfd, 2> wait{{{out[0], POLLIN, 0}, {writing, POLLOUT, 0}}};
            if (::poll(wait.data(), wait.size(), 1'000) < 0 && errno != EINTR) sound = false;
            if (std::chrono::steady_clock::now() > end) sound = false;
            if (!sound) break;
            if (writing >= 0 && wait[1].revents != 0) {
                const auto done = ::write(writing, input.data(), input.size());
                if (done > 0) input.remove_prefix(static_cast<std::size_t>(done));
                if (input.empty() || (done < 0 && errno != EAGAIN)) {
                    ::close(in[1]);
                    in[1] = writing = -1;
                }
            }
            if (wait[0].revents != 0) {
                char bytes[64 * 1024];
                const auto got = ::read(out[0], bytes, sizeof bytes);
                if (got <= 0) break;
                result.append(bytes, static_cast<std::size_t>(got));
                if (result.size() > output_limit) break;
            }
        }
        if (!sound) ::kill(child, SIGKILL);
    }
    if (in[1] >= 0) ::close(in[1]);
    ::close(out[0]);
    if (spawned == 0) {
        int status = 0;
        ::waitpid(child, &status, 0);
        sound = sound && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    if (!sound) return {};
    return result;
}

std::uint32_t little_endian(std::string_view bytes, std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = size; i-- > 0;)
        value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
    return value;
}

// tidy: allow text: how digits are pronounced
constexpr std::array<std::string_view, 10> digit_names{"ゼロ", "イチ", "ニ",   "サン", "ヨン",
                                                       "ゴ",   "ロク", "ナナ", "ハチ", "キュー"};

}  // namespace

std::string kana_of(std::string_view mecab) {
    std::string out;
    for (std::size_t at = 0; at < mecab.size();) {
        const auto end = std::min(mecab.find('\n', at), mecab.size());
        const auto line = mecab.substr(at, end - at);
        at = end + 1;
        if (line == "EOS") {
            out += '\n';
            continue;
        }
        // "surface\tpronunciation"; a word that is not in the dictionary has none.
        const auto tab = line.find('\t');
        if (tab == std::string_view::npos) continue;
        const auto surface = line.substr(0, tab);
        auto spoken = line.substr(tab + 1);
        if (spoken.empty() || spoken == "*") spoken = surface;
        std::string digits;
        for (std::size_t i = 0; i < surface.size(); ++i) {
            const char c = surface[i];
            if (c >= '0' && c <= '9') digits += digit_names[static_cast<std::size_t>(c - '0')];
        }
        out += digits.empty() ? std::string(spoken) : digits;
    }
    return out;
}

Result<Samples> samples_of(std::string_view wav) {
    auto corrupt = [] {
        return fail(ErrorKind::corrupt, "edge.courier.speech_failed", {{"program", "wav"}});
    };
    if (wav.size() < 44 || !wav.starts_with("RIFF") || wav.substr(8, 4) != "WAVE") return corrupt();
    std::uint32_t rate = 0;
    std::string_view data;
    for (std::size_t at = 12; at + 8 <= wav.size();) {
        const auto name = wav.substr(at, 4);
        const std::size_t size = little_endian(wav, at + 4, 4);
        const std::size_t rest = wav.size() - at - 8;
        if (name == "fmt ") {
            if (size < 16 || rest < 16) return corrupt();
            if (little_endian(wav, at + 8, 2) != 1 || little_endian(wav, at + 10, 2) != 1 ||
                little_endian(wav, at + 22, 2) != 16)
                return corrupt();
            rate = little_endian(wav, at + 12, 4);
        } else if (name == "data") {
            data = wav.substr(at + 8, std::min(size, rest));
            break;
        }
        if (size > rest) break;
        at += 8 + size + (size & 1);
    }
    if (rate < 8'000 || rate > 192'000 || data.empty()) return corrupt();
    auto sample = [&](std::size_t i) {
        return static_cast<std::int16_t>(static_cast<std::uint16_t>(little_endian(data, i * 2, 2)));
    };
    const std::size_t count = data.size() / 2;
    Samples out;
    // The mean of all samples that fall into one of ours: a low-pass that is good enough for a
    // telephone, and cannot ring.
    for (std::size_t i = 0;; ++i) {
        const std::size_t from = i * rate / 8'000;
        const std::size_t until = std::max(from + 1, (i + 1) * rate / 8'000);
        if (until > count) break;
        std::int64_t sum = 0;
        for (std::size_t k = from; k < until; ++k) sum += sample(k);
        out.push_back(static_cast<std::int16_t>(sum / static_cast<std::int64_t>(until - from)));
    }
    return out;
}

Result<Samples> speak(std::string_view text, Language language, const SpeechOptions& options) {
    auto failed = [](const std::string& program) {
        return fail(ErrorKind::unavailable, "edge.courier.speech_failed", {{"program", program}});
    };
    std::string spoken(text.substr(0, 8'000));
    if (language == Language::ja) {
        const auto words = output_of(
            options.mecab, {"-d", options.dictionary, "-F%m\\t%f[8]\\n", "-U%m\\t\\n", "-EEOS\\n"},
            spoken);
        if (!words) return failed(options.mecab);
        spoken = kana_of(*words);
    }
    const auto wav = output_of(options.espeak,
                               {"-v", language == Language::ja ? "ja" : "en", "-s",
                                std::to_string(options.words_a_minute), "--stdin", "--stdout"},
                               spoken);
    if (!wav) return failed(options.espeak);
    TRY_LET(auto samples, samples_of(*wav));
    samples.resize(
        std::min(samples.size(), static_cast<std::size_t>(options.longest.count()) * 8'000));
    return samples;
}

std::uint8_t to_mu_law(std::int16_t sample) {
    constexpr int bias = 0x84;
    const int sign = sample < 0 ? 0x80 : 0;
    const int magnitude = std::min(32'635, sample < 0 ? -static_cast<int>(sample) : sample) + bias;
    int exponent = 7;
    for (int mask = 0x4000; exponent > 0 && (magnitude & mask) == 0; mask >>= 1) --exponent;
    const int mantissa = (magnitude >> (exponent + 3)) & 0x0F;
    return static_cast<std::uint8_t>(~(sign | (exponent << 4) | mantissa));
}

std::int16_t of_mu_law(std::uint8_t octet) {
    const int value = ~octet & 0xFF;
    const int exponent = (value >> 4) & 7;
    const int magnitude = (((value & 0x0F) << 3) + 0x84) << exponent;
    return static_cast<std::int16_t>((value & 0x80) != 0 ? 0x84 - magnitude : magnitude - 0x84);
}

// G.711 table 1a: sign, three bits of segment, four of place; every other bit inverted.
std::uint8_t to_a_law(std::int16_t sample) {
    const int sign = sample < 0 ? 0 : 0x80;
    const int magnitude = (sample < 0 ? -static_cast<int>(sample) - 1 : sample) >> 3;
    int segment = 0;
    while (segment < 7 && magnitude >= (0x20 << segment)) ++segment;
    const int place = segment < 2 ? (magnitude >> 1) & 0x0F : (magnitude >> segment) & 0x0F;
    return static_cast<std::uint8_t>((sign | (segment << 4) | place) ^ 0x55);
}

std::int16_t of_a_law(std::uint8_t octet) {
    const int value = octet ^ 0x55;
    const int segment = (value >> 4) & 7;
    int magnitude = ((value & 0x0F) << 4) + 8;
    if (segment > 0) magnitude = (magnitude + 0x100) << (segment - 1);
    return static_cast<std::int16_t>((value & 0x80) != 0 ? magnitude : -magnitude);
}

}  // namespace noroshi::edge::courier
