// Members send what their devices write. A line that is read wrong, or read differently from its twin
// in another format, is a sign that one member sees and the other does not.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "engines/detect/reader.h"

namespace noroshi::engines::detect {
namespace {

using Fields = std::map<std::string, std::vector<std::string>>;

class Lines {
public:
    explicit Lines(Format format = Format::automatic, const std::string& zeek_path = "")
        : detector_({}), event_(detector_.fields()) {
        ReadOptions options;
        options.format = format;
        options.reference = parse_moment("2026-11-24T00:00:00Z");
        reader_ = std::make_unique<Reader>(detector_, options);
        source_.zeek_path = zeek_path;
        reader_->begin(source_, nullptr);
    }
    std::string reason(const std::string& line) {
        lines_.push_back(std::make_unique<std::string>(line));
        return std::string(reader_->read(*lines_.back(), event_));
    }
    Fields read(const std::string& line) {
        EXPECT_EQ(reason(line), "") << line;
        Fields out;
        for (const Value& value : event_.values())
            if (!value.is_alias()) out[std::string(value.name)].emplace_back(value.text);
        return out;
    }
    std::string time() const { return event_.time == no_time ? "" : text_of_moment(event_.time); }
    std::string json() const { return event_json(event_); }

private:
    Detector detector_;
    Event event_;
    Source source_;
    std::unique_ptr<Reader> reader_;
    std::vector<std::unique_ptr<std::string>> lines_;
};

std::string one(const Fields& fields, const std::string& name) {
    const auto found = fields.find(name);
    return found == fields.end() || found->second.size() != 1 ? "?" : found->second.front();
}

TEST(Syslog, rfc_5424) {
    Lines lines;
    const auto f = lines.read(
        R"(<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su 77 ID47 [ex@32473 iut="3" src="App\"x\]"][b@1] 'su root' failed)");
    EXPECT_EQ(one(f, "hostname"), "mymachine.example.com");
    EXPECT_EQ(one(f, "program"), "su");
    EXPECT_EQ(one(f, "pid"), "77");
    EXPECT_EQ(one(f, "msgid"), "ID47");
    EXPECT_EQ(one(f, "ex@32473.iut"), "3");
    EXPECT_EQ(one(f, "ex@32473.src"), "App\"x]");
    EXPECT_EQ(one(f, "message"), "'su root' failed");
    EXPECT_EQ(one(f, "facility"), "auth");
    EXPECT_EQ(lines.time(), "2003-10-11T22:14:15.003000Z");
}
TEST(Syslog, rfc_3164_with_and_without_priority) {
    Lines lines;
    auto f = lines.read("<13>Feb  5 17:32:18 10.0.0.99 sshd[123]: Failed password for root");
    EXPECT_EQ(one(f, "hostname"), "10.0.0.99");
    EXPECT_EQ(one(f, "program"), "sshd");
    EXPECT_EQ(one(f, "pid"), "123");
    EXPECT_EQ(one(f, "message"), "Failed password for root");
    EXPECT_EQ(lines.time(), "2026-02-05T17:32:18.000000Z");
    f = lines.read("Dec 31 23:59:59 host sudo: bob : TTY=pts/0");
    EXPECT_EQ(one(f, "program"), "sudo");
    // December is last year's when it is November.
    EXPECT_EQ(lines.time(), "2025-12-31T23:59:59.000000Z");
    f = lines.read("2026-11-24T08:00:00.5+09:00 host prog[1]: hello");
    EXPECT_EQ(one(f, "program"), "prog");
    EXPECT_EQ(lines.time(), "2026-11-23T23:00:00.500000Z");
}
TEST(Syslog, what_is_no_syslog_is_counted_not_guessed) {
    EXPECT_EQ(Lines().reason("what is this"), "format_unknown");
    EXPECT_EQ(Lines(Format::syslog).reason("what is this"), "");
    EXPECT_EQ(Lines().reason(R"({"a":1)"), "json");
    // A facility that does not exist is no priority.
    Lines odd(Format::syslog);
    EXPECT_EQ(one(odd.read("<328>Nov 24 08:00:00 fw01 hello"), "facility"), "?");
    EXPECT_EQ(odd.reason("Nov 24222222229 08:00:00 fw01 hello"), "");
    EXPECT_EQ(odd.reason("<-9>Nov 24 08:00:00 fw01 hello"), "");
    EXPECT_EQ(Lines().reason("  "), "-");
}
TEST(Syslog, json_inside_is_read_as_json) {
    Lines lines;
    EXPECT_EQ(
        one(lines.read(
                R"(<13>Feb  5 17:32:18 h suricata[1]: {"event_type":"alert","src_ip":"10.0.0.1"})"),
            "event_type"),
        "alert");
}
TEST(Fortigate, key_values) {
    Lines lines;
    const auto f = lines.read(
        R"(<189>date=2026-05-10 time=11:37:47 devname="FG" devid="FG1" logid="0000000013" type="traffic" subtype="forward" srcip=10.1.100.11 dstport=80 msg="say \"x\" ok" tz="+0900")");
    EXPECT_EQ(one(f, "srcip"), "10.1.100.11");
    EXPECT_EQ(one(f, "msg"), "say \"x\" ok");
    EXPECT_EQ(one(f, "type"), "traffic");
    EXPECT_EQ(lines.time(), "2026-05-10T02:37:47.000000Z");
}
TEST(Cef, escapes_and_values_with_blanks) {
    Lines lines;
    const auto f = lines.read(
        R"(CEF:0|Sec\|urity|threat\\manager|1.0|100|worm stopped|10|src=10.0.0.1 msg=a b\=c d act=blocked the thing rt=1557513467369)");
    EXPECT_EQ(one(f, "deviceVendor"), "Sec|urity");
    EXPECT_EQ(one(f, "deviceProduct"), "threat\\manager");
    EXPECT_EQ(one(f, "name"), "worm stopped");
    EXPECT_EQ(one(f, "msg"), "a b=c d");
    EXPECT_EQ(one(f, "act"), "blocked the thing");
    EXPECT_EQ(lines.time(), "2019-05-10T18:37:47.369000Z");
    EXPECT_EQ(Lines().reason("CEF:0|only|three"), "cef");
}
TEST(Leef, both_versions) {
    Lines lines;
    EXPECT_EQ(
        one(lines.read("LEEF:1.0|Microsoft|MSExchange|4.0|15345|src=192.0.2.0\tdst=172.50.123.1"),
            "dst"),
        "172.50.123.1");
    EXPECT_EQ(
        one(lines.read("LEEF:2.0|Lancope|StealthWatch|1.0|41|^|src=192.0.2.0^dst=1.2.3.4"), "dst"),
        "1.2.3.4");
    EXPECT_EQ(one(lines.read("LEEF:2.0|Lancope|StealthWatch|1.0|41|x5e|src=192.0.2.0^dst=1.2.3.4"),
                  "src"),
              "192.0.2.0");
}
TEST(Audit, records) {
    Lines lines;
    const auto f =
        lines.read(R"(type=EXECVE msg=audit(1364481363.243:24287): argc=2 a0="cat" a1=2F65)");
    EXPECT_EQ(one(f, "type"), "EXECVE");
    EXPECT_EQ(one(f, "a0"), "cat");
    EXPECT_EQ(lines.time(), "2013-03-28T14:36:03.243000Z");
}
TEST(AccessLog, combined) {
    Lines lines;
    const auto f = lines.read(
        R"(203.0.113.7 - bob [24/Nov/2026:08:00:00 +0900] "GET /x?y=1 HTTP/1.1" 200 12 "http://r/" "curl/7")");
    EXPECT_EQ(one(f, "cs-uri-query"), "y=1");
    EXPECT_EQ(one(f, "sc-status"), "200");
    EXPECT_EQ(lines.time(), "2026-11-23T23:00:00.000000Z");
}

// ---- JSON -----------------------------------------------------------------------------------------

TEST(Json, escapes_surrogates_and_numbers) {
    Lines lines;
    const auto f = lines.read(
        R"({"a":"x\\y\"z\/\b\f\n\r\t\u00e9\ud83d\ude00","b":-1.5e3,"c":[1,"two",null],"d":{}})");
    EXPECT_EQ(one(f, "a"), "x\\y\"z/\b\f\n\r\t\xC3\xA9\xF0\x9F\x98\x80");
    EXPECT_EQ(one(f, "b"), "-1.5e3");
    EXPECT_EQ(f.at("c").size(), 3);
}
TEST(Json, what_is_malformed_is_refused) {
    for (const char* text : {R"({"a":1)", R"({"a":1}})", R"({"a" 1})", R"({"a":1,})", R"({a:1})",
                             R"({"a":01x})", R"({"a":"x)", R"({"a":"\q"})", R"({"a":tru})",
                             R"({"a":[1,})", R"({"a":})", "{", R"({"a":"\u12"})"})
        EXPECT_EQ(Lines().reason(text), "json") << text;
    EXPECT_EQ(Lines().reason(R"({"a":)" + std::string(100, '[') + std::string(100, ']') + "}"),
              "json_depth");
}
TEST(Json, times_of_many_kinds) {
    for (const char* text :
         {R"({"@timestamp":"2026-11-24T08:00:00Z"})", R"({"timestamp":"2026-11-24T17:00:00+0900"})",
          R"({"time":1795507200})", R"({"ts":1795507200.0})",
          R"({"EventTime":"2026-11-24 08:00:00"})", R"({"UtcTime":"2026-11-24 08:00:00.000"})",
          R"({"time":"1795507200000"})"}) {
        Lines lines;
        lines.read(text);
        EXPECT_EQ(lines.time(), "2026-11-24T08:00:00.000000Z") << text;
    }
}
TEST(Json, bytes_that_are_no_text_are_mended_on_the_way_out) {
    Lines lines;
    lines.read("{\"a\":\"x\xFF\"}");
    EXPECT_EQ(lines.json(), "{\"a\":\"x\xEF\xBF\xBD\"}");
}

// ---- Zeek -----------------------------------------------------------------------------------------

TEST(Zeek, escapes_unset_empty_and_lists) {
    Lines lines;
    for (const char* head :
         {"#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-",
          "#path\tx", "#fields\tts\ts\tn\tv\te\tb\tu\tz",
          "#types\ttime\tstring\tcount\tvector[string]\tset[string]\tbool\tstring\tstring"})
        EXPECT_EQ(lines.reason(head), "-");
    const auto f = lines.read("-1.5\ta\\x09b\\\\c\t5\tx\\x2cy,z\t(empty)\tT\t-\t(empty)");
    EXPECT_EQ(one(f, "s"), "a\tb\\c");
    EXPECT_EQ(f.at("v"), (std::vector<std::string>{"x,y", "z"}));
    EXPECT_EQ(one(f, "b"), "true");
    EXPECT_EQ(one(f, "z"), "");
    EXPECT_EQ(f.count("u"), 0);
    EXPECT_EQ(lines.time(), "1969-12-31T23:59:58.500000Z");
    EXPECT_EQ(lines.reason("1.0\ttoo\tfew"), "zeek_columns");
    EXPECT_EQ(lines.reason("#close\t2026-01-01-00-00-00"), "-");
}

std::vector<Fields> all_of(const std::string& path) {
    std::vector<Source> sources;
    EXPECT_FALSE(Input::expand({path}, sources));
    Input input(sources, Format::automatic);
    const Detector detector({});
    Reader reader(detector, {});
    Event event(detector.fields());
    std::vector<Fields> out;
    while (const auto block = input.next()) {
        reader.begin(input.sources()[block->source], block->zeek);
        const std::string_view text = block->bytes;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            const auto reason = reader.read(text.substr(at, end - at), event);
            at = end + 1;
            if (reason == Reader::nothing) continue;
            EXPECT_EQ(reason, "") << path;
            auto& fields = out.emplace_back();
            for (const Value& value : event.values())
                if (!value.is_alias() && value.name != "_path" && value.name != "_write_ts")
                    fields[std::string(value.name)].emplace_back(value.text);
        }
    }
    return out;
}

// The same capture, written twice. Times and intervals are compared as numbers: Zeek's two writers
// print them differently.
TEST(Zeek, tsv_and_json_are_the_same_events) {
    namespace fs = std::filesystem;
    const fs::path data = "../shared/data/watch/zed-zeek";
    if (!fs::exists(data)) GTEST_SKIP() << "skipped: no external data";
    std::size_t compared = 0;
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(data / "zeek-default")) {
        std::string stem = entry.path().filename().string();
        stem = stem.substr(0, stem.find('.'));
        const auto tsv = all_of(entry.path().string());
        const auto json = all_of((data / "zeek-json" / (stem + ".json.gz")).string());
        ASSERT_EQ(tsv.size(), json.size()) << stem;
        ++files;
        // The two writers order lines differently within a second.
        const auto normal = [](const std::vector<Fields>& events) {
            std::multiset<std::string> out;
            for (const auto& fields : events) {
                std::string text;
                for (const auto& [name, values] : fields) {
                    text += name + "=";
                    for (const auto& value : values) {
                        char* end = nullptr;
                        const double number = std::strtod(value.c_str(), &end);
                        const bool date = value.size() >= 20 && value[4] == '-' &&
                                          value[10] == 'T' && parse_moment(value) != no_time;
                        // A date is the seconds the other writer gives.
                        if (date)
                            text += std::to_string(static_cast<double>(parse_moment(value)) / 1e6) +
                                    ",";
                        else if (!value.empty() && *end == '\0')
                            text += std::to_string(number) + ",";
                        else
                            text += value + ",";
                    }
                    text += ";";
                }
                out.insert(text);
            }
            return out;
        };
        const auto a = normal(tsv);
        const auto b = normal(json);
        std::size_t different = 0;
        for (auto x = a.begin(), y = b.begin(); x != a.end(); ++x, ++y)
            if (*x != *y && ++different < 3) EXPECT_EQ(*x, *y) << stem;
        EXPECT_EQ(different, 0) << stem;
        compared += tsv.size();
    }
    EXPECT_GE(files, 30);
    EXPECT_GT(compared, 1000);
}

// ---- input ----------------------------------------------------------------------------------------

TEST(Input, blocks_of_any_size_hold_the_same_lines) {
    const auto path = std::filesystem::temp_directory_path() /
                      ("noroshi-input-" + std::to_string(::getpid()) + ".json");
    std::string whole;
    for (int i = 0; i < 500; ++i) whole += "{\"n\":" + std::to_string(i) + "}\n";
    whole += "{\"n\":\"last, without an end\"}";
    std::ofstream(path) << whole;
    for (const std::size_t size : {1U, 7U, 64U, 4096U, 1U << 20}) {
        std::vector<Source> sources;
        ASSERT_FALSE(Input::expand({path.string()}, sources));
        Input input(sources, Format::automatic, size);
        std::string read;
        std::uint64_t line = 1;
        while (const auto block = input.next()) {
            EXPECT_EQ(block->first_line, line);
            line += static_cast<std::uint64_t>(std::ranges::count(block->bytes, '\n'));
            read += block->bytes;
        }
        EXPECT_EQ(read, whole);
    }
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace noroshi::engines::detect
