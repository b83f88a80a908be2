// A cache file that was damaged, or written by somebody else: refused or read, and what is read can be
// compiled. The checksum is made to agree, or nothing behind it would ever be reached.

#include <cstring>

#include "engines/detect/rule_cache.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace noroshi::engines::detect;
    static const RulesDigest digest = rules_digest({}, {}, "fuzz");
    static const std::string sound =
        pack_rules(read_rules({{"a.yml",
                                "title: a\nid: 1\nlogsource: {product: windows}\ndetection:\n  s:\n"
                                "    Image|endswith: ['\\a.exe', '\\b.exe']\n    x|re: '^a+$'\n"
                                "  f: {y: null, z|cidr: 10.0.0.0/8}\n  condition: s and not f\n"}}),
                   digest);
    std::string bytes = sound;
    constexpr std::size_t head = 16 + 16 + 8;
    // Pairs of a place and a byte: small damage reaches deeper than noise.
    for (std::size_t i = 0; i + 2 < size; i += 3)
        bytes[head + (data[i] | data[i + 1] << 8) % (bytes.size() - head)] =
            static_cast<char>(data[i + 2]);
    const auto sum = rules_checksum(std::string_view(bytes).substr(head));
    std::memcpy(bytes.data() + 32, &sum, sizeof sum);
    if (auto files = unpack_rules(bytes, digest)) const Detector detector(std::move(files->rules));
    return 0;
}
