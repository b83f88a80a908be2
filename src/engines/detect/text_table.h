#pragma once
// Texts, numbered in the order in which they are first seen. A look-up hashes and compares, and
// allocates only for what is new.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "engines/detect/fold.h"

namespace noroshi::engines::detect {

class TextTable {
public:
    TextTable() { slots_.resize(1024); }

    struct Number {
        std::uint32_t value = 0;
        bool is_new = false;
    };
    Number number(std::string_view text) {
        const std::uint64_t hash = hash_of(text);
        const auto mark = static_cast<std::uint32_t>(hash >> 32);
        std::size_t mask = slots_.size() - 1;
        std::size_t at = hash & mask;
        for (; slots_[at].number != 0; at = (at + 1) & mask)
            if (slots_[at].mark == mark && texts_[slots_[at].number - 1] == text)
                return {slots_[at].number - 1, false};
        if (texts_.size() * 2 >= slots_.size()) {
            grow();
            mask = slots_.size() - 1;
            for (at = hash & mask; slots_[at].number != 0;) at = (at + 1) & mask;
        }
        texts_.emplace_back(text);
        slots_[at] = {mark, static_cast<std::uint32_t>(texts_.size())};
        return {static_cast<std::uint32_t>(texts_.size() - 1), true};
    }
    const std::string& operator[](std::uint32_t number) const { return texts_[number]; }
    std::size_t size() const { return texts_.size(); }

private:
    struct Slot {
        std::uint32_t mark = 0;
        std::uint32_t number = 0;  // 1 + number; 0: empty
    };
    void grow() {
        std::vector<Slot> larger(slots_.size() * 2);
        const std::size_t mask = larger.size() - 1;
        for (std::uint32_t i = 0; i < texts_.size(); ++i) {
            const std::uint64_t hash = hash_of(texts_[i]);
            std::size_t at = hash & mask;
            while (larger[at].number != 0) at = (at + 1) & mask;
            larger[at] = {static_cast<std::uint32_t>(hash >> 32), i + 1};
        }
        slots_.swap(larger);
    }

    std::vector<Slot> slots_;
    std::deque<std::string> texts_;
};

}  // namespace noroshi::engines::detect
