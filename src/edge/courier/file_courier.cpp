#include "edge/courier/file_courier.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

namespace noroshi::edge::courier {

FileCourier::FileCourier(std::string directory, Letterhead from, const Clock& clock)
    : directory_(std::move(directory)), from_(std::move(from)), clock_(clock) {}

Delivery FileCourier::carry(const Message& message, int) {
    std::string name = message.key;
    std::ranges::replace_if(
        name, [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '_'; }, '-');
    const std::filesystem::path path = std::filesystem::path(directory_) / (name + ".eml");
    const std::filesystem::path unfinished = path.string() + ".new";
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    {
        std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
        file << write_mail(message, from_, clock_.now());
        file.flush();
        if (!file) return {Outcome::failed, "file", "cannot write"};
    }
    std::filesystem::rename(unfinished, path, error);
    if (error) return {Outcome::failed, "file", error.message()};
    return {Outcome::delivered, "file", {}};
}

}  // namespace noroshi::edge::courier
