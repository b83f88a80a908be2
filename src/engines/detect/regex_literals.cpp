// A sequence requires each of its parts; of the sets its parts name we keep the one whose shortest
// literal is longest. An alternation requires one of its branches: the union of their sets, if all
// of them have one. What is not understood names nothing, which is always safe.
//
// Where case does not matter, k and s end a run: RE2 takes the Kelvin sign for a k and the long s for
// an s, our folding does not.

#include "engines/detect/regex_literals.h"

#include <algorithm>
#include <optional>

namespace noroshi::engines::detect {

namespace {

constexpr std::size_t shortest = 3;
constexpr std::size_t most_literals = 64;
constexpr int max_depth = 50;

using Set = std::vector<std::string>;

class Reading {
public:
    explicit Reading(std::string_view pattern) : text_(pattern) {}

    Set all() {
        auto set = alternation(0);
        if (failed_ || at_ != text_.size()) return {};
        return set;
    }

private:
    static std::size_t worth(const Set& set) {
        if (set.empty()) return 0;
        std::size_t least = SIZE_MAX;
        for (const auto& literal : set) least = std::min(least, literal.size());
        return least;
    }
    static void prefer(Set& best, Set&& other) {
        if (worth(other) < shortest || other.size() > most_literals) return;
        if (worth(other) > worth(best) ||
            (worth(other) == worth(best) && other.size() < best.size()))
            best = std::move(other);
    }
    bool more() const { return at_ < text_.size(); }

    Set alternation(int depth) {
        if (depth > max_depth) failed_ = true;
        Set any;
        bool all_named = true;
        for (;;) {
            Set one = sequence(depth);
            all_named = all_named && !one.empty();
            any.insert(any.end(), std::make_move_iterator(one.begin()),
                       std::make_move_iterator(one.end()));
            if (failed_ || !more() || text_[at_] != '|') break;
            ++at_;
        }
        if (!all_named || any.size() > most_literals) return {};
        return any;
    }

    // Whether what stands before may be absent; and whether it may repeat.
    struct Quantifier {
        bool there = false;
        bool optional = false;
    };
    Quantifier quantifier() {
        Quantifier q;
        while (more()) {
            const char c = text_[at_];
            if (c == '*' || c == '?') {
                q.optional = q.optional || !q.there || c == '*';
                q.there = true;
                ++at_;
            } else if (c == '+') {
                q.there = true;
                ++at_;
            } else if (c == '{') {
                const std::size_t close = text_.find('}', at_);
                const auto inside = close == std::string_view::npos
                                        ? std::string_view()
                                        : text_.substr(at_ + 1, close - at_ - 1);
                if (inside.empty() || inside.find_first_not_of("0123456789,") != inside.npos ||
                    inside.front() == ',')
                    break;  // an ordinary brace
                q.optional = q.optional || inside.front() == '0';
                q.there = true;
                at_ = close + 1;
            } else {
                break;
            }
        }
        return q;
    }

    Set sequence(int depth) {
        Set best;
        std::string run;
        const auto end_run = [&] {
            if (!run.empty()) prefer(best, Set{std::move(run)});
            run.clear();
        };
        const auto literal = [&](char c) {
            const auto q = quantifier();
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
            const bool plain =
                static_cast<unsigned char>(c) < 0x80 && !(ignores_case_ && (c == 'k' || c == 's'));
            if (!plain || q.optional) return end_run();
            run += c;
            if (q.there) end_run();
        };
        while (more() && !failed_) {
            const char c = text_[at_];
            if (c == '|' || c == ')') break;
            ++at_;
            switch (c) {
            case '.':
            case '^':
            case '$':
                quantifier();
                end_run();
                break;
            case '[':
                end_run();
                char_class();
                quantifier();
                break;
            case '(': {
                end_run();
                const bool outer = ignores_case_;
                if (!group_head()) {  // (?i)
                    break;
                }
                Set inner = alternation(depth + 1);
                if (!more() || text_[at_] != ')') {
                    failed_ = true;
                    break;
                }
                ++at_;
                ignores_case_ = outer;
                if (!quantifier().optional) prefer(best, std::move(inner));
                break;
            }
            case '\\': {
                if (!more()) {
                    failed_ = true;
                    break;
                }
                const char escaped = text_[at_++];
                const bool letter = (escaped >= 'a' && escaped <= 'z') ||
                                    (escaped >= 'A' && escaped <= 'Z') ||
                                    (escaped >= '0' && escaped <= '9');
                if (!letter) {
                    literal(escaped);
                    break;
                }
                if (escaped == 'Q' || escaped == 'x' || escaped == 'p' || escaped == 'P' ||
                    (escaped >= '0' && escaped <= '9')) {
                    failed_ = true;
                    break;
                }
                quantifier();
                end_run();
                break;
            }
            default: literal(c);
            }
        }
        end_run();
        return best;
    }

    void char_class() {
        if (more() && text_[at_] == '^') ++at_;
        if (more() && text_[at_] == ']') ++at_;
        while (more() && text_[at_] != ']') {
            if (text_[at_] == '\\') ++at_;
            if (text_.substr(at_).starts_with("[:")) {
                const auto close = text_.find(":]", at_);
                if (close == std::string_view::npos) break;
                at_ = close + 1;
            }
            ++at_;
        }
        if (!more())
            failed_ = true;
        else
            ++at_;
    }

    // Behind the opening parenthesis. False if the whole group was only flags.
    bool group_head() {
        if (!more() || text_[at_] != '?') return true;
        ++at_;
        if (text_.substr(at_).starts_with("P<")) {
            const auto close = text_.find('>', at_);
            if (close == std::string_view::npos) {
                failed_ = true;
                return false;
            }
            at_ = close + 1;
            return true;
        }
        bool on = true;
        for (; more(); ++at_) {
            const char c = text_[at_];
            if (c == ':' || c == ')') {
                ++at_;
                return c == ':';
            }
            if (c == '-')
                on = false;
            else if (c == 'i')
                ignores_case_ = ignores_case_ || on;  // once without case, we stay careful
            else if (c != 'm' && c != 's' && c != 'U')
                break;
        }
        failed_ = true;
        return false;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool ignores_case_ = false;
    bool failed_ = false;
};

}  // namespace

std::vector<std::string> required_literals(std::string_view pattern) {
    return Reading(pattern).all();
}

}  // namespace noroshi::engines::detect
