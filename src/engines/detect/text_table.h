#pragma once
// Texts, numbered in the order in which they are first seen. A look-up hashes and compares, and
// allocates only for what is new. The first sixteen bytes stand in the slot: an IPv4 address is found
// with one cache line.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
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
        const Slot wanted = slot_of(hash, text);
        std::size_t mask = slots_.size() - 1;
        std::size_t at = hash & mask;
        for (; slots_[at].number != 0; at = (at + 1) & mask)
            if (slots_[at].mark == wanted.mark && slots_[at].size == wanted.size &&
                slots_[at].head == wanted.head &&
                (text.size() <= wanted.head.size() || texts_[slots_[at].number - 1] == text))
                return {slots_[at].number - 1, false};
        if (texts_.size() * 2 >= slots_.size()) {
            grow();
            mask = slots_.size() - 1;
            for (at = hash & mask; slots_[at].number != 0;) at = (at + 1) & mask;
        }
        texts_.emplace_back(text);
        slots_[at] = wanted;
        slots_[at].number = static_cast<std::uint32_t>(texts_.size());
        return {static_cast<std::uint32_t>(texts_.size() - 1), true};
    }
    const std::string& operator[](std::uint32_t number) const { return texts_[number]; }
    std::size_t size() const { return texts_.size(); }

private:
    struct Slot {
        std::uint32_t mark = 0;
        std::uint32_t number = 0;  // 1 + number; 0: empty
        std::uint32_t size = 0;
        std::array<char, 16> head{};
    };
    static Slot slot_of(std::uint64_t hash, std::string_view text) {
        Slot slot;
        slot.mark = static_cast<std::uint32_t>(hash >> 32);
        slot.size = static_cast<std::uint32_t>(text.size());
        if (!text.empty())
            std::memcpy(slot.head.data(), text.data(), std::min(text.size(), slot.head.size()));
        return slot;
    }
    void grow() {
        std::vector<Slot> larger(slots_.size() * 2);
        const std::size_t mask = larger.size() - 1;
        for (std::uint32_t i = 0; i < texts_.size(); ++i) {
            const std::uint64_t hash = hash_of(texts_[i]);
            std::size_t at = hash & mask;
            while (larger[at].number != 0) at = (at + 1) & mask;
            larger[at] = slot_of(hash, texts_[i]);
            larger[at].number = i + 1;
        }
        slots_.swap(larger);
    }

    std::vector<Slot> slots_;
    std::deque<std::string> texts_;
};

}  // namespace noroshi::engines::detect
