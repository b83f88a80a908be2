#include "kernel/identity/cbor.h"

#include <limits>

namespace noroshi::cbor {

namespace {

constexpr int deepest = 8;
constexpr int most_items = 1024;

// RFC 8949, section 3: three bits of major type, five of how the argument is written.
class Reading {
public:
    explicit Reading(std::string_view input) : rest_(input) {}
    std::string_view rest() const { return rest_; }

    std::optional<Value> item(int depth) {
        if (depth > deepest || ++items_ > most_items || rest_.empty()) return {};
        const auto first = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        const unsigned major = first >> 5;
        const unsigned info = first & 31U;
        Value value;
        if (major == 7) {
            if (info == 20 || info == 21) {
                value.kind = Value::Kind::boolean;
                value.number = info == 21 ? 1 : 0;
                return value;
            }
            if (info == 22) return value;
            return {};
        }
        const auto argument = read_argument(info);
        if (!argument) return {};
        switch (major) {
        case 0:
        case 1:
            if (*argument > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
                return {};
            value.kind = Value::Kind::number;
            value.number = static_cast<std::int64_t>(*argument);
            if (major == 1) value.number = -1 - value.number;
            return value;
        case 2:
        case 3:
            if (*argument > rest_.size()) return {};
            value.kind = major == 2 ? Value::Kind::bytes : Value::Kind::text;
            value.bytes = rest_.substr(0, *argument);
            rest_.remove_prefix(*argument);
            return value;
        case 4:
            value.kind = Value::Kind::array;
            for (std::uint64_t i = 0; i < *argument; ++i) {
                auto one = item(depth + 1);
                if (!one) return {};
                value.items.push_back(std::move(*one));
            }
            return value;
        case 5:
            value.kind = Value::Kind::map;
            for (std::uint64_t i = 0; i < *argument; ++i) {
                auto key = item(depth + 1);
                if (!key) return {};
                auto one = item(depth + 1);
                if (!one) return {};
                value.keys.push_back(std::move(*key));
                value.items.push_back(std::move(*one));
            }
            return value;
        default: return {};
        }
    }

private:
    std::optional<std::uint64_t> read_argument(unsigned info) {
        if (info < 24) return info;
        if (info > 27) return {};
        const std::size_t length = std::size_t{1} << (info - 24);
        if (rest_.size() < length) return {};
        std::uint64_t number = 0;
        for (std::size_t i = 0; i < length; ++i)
            number = (number << 8) | static_cast<unsigned char>(rest_[i]);
        rest_.remove_prefix(length);
        return number;
    }

    std::string_view rest_;
    int items_ = 0;
};

}  // namespace

const Value* Value::find(std::string_view key) const {
    for (std::size_t i = 0; i < keys.size(); ++i)
        if (keys[i].kind == Kind::text && keys[i].bytes == key) return &items[i];
    return nullptr;
}

const Value* Value::find(std::int64_t key) const {
    for (std::size_t i = 0; i < keys.size(); ++i)
        if (keys[i].kind == Kind::number && keys[i].number == key) return &items[i];
    return nullptr;
}

std::optional<Value> read(std::string_view& input) {
    Reading reading(input);
    auto value = reading.item(1);
    if (value) input = reading.rest();
    return value;
}

}  // namespace noroshi::cbor
