#pragma once
// Lines of any known format to events. A Reader belongs to one thread; `begin` tells it where the
// lines that follow come from. What cannot be read is answered with a reason, never dropped
// silently.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engines/detect/detector.h"
#include "engines/detect/event.h"
#include "engines/detect/input.h"
#include "engines/detect/json_reader.h"
#include "engines/detect/netflow.h"
#include "engines/detect/text_reader.h"

namespace noroshi::engines::detect {

struct ReadOptions {
    Format format = Format::automatic;
    RouteGiven route;
    std::string time_field;
    // Lines without a year are of the latest year that does not put them after this; a file's own
    // time of writing comes first.
    Micros reference = no_time;
};

class Reader {
public:
    Reader(const Detector& detector, ReadOptions options);

    void begin(const Source& source, std::shared_ptr<const ZeekHead> zeek);
    // Empty: the event holds it. `nothing`: a blank line or a head. Else why it cannot be read.
    std::string_view read(std::string_view line, Event& event);
    static constexpr std::string_view nothing = "-";

    // A file of NetFlow or IPFIX (netflow.h): `each` gets every flow and its number from 1; `reason`
    // what could not be read, and how often. Templates are kept from file to file if the format was
    // given as netflow, else only within one.
    void read_flows(std::string_view bytes, Event& event,
                    const std::function<void(std::uint64_t, Event&)>& each,
                    const std::function<void(std::string_view, std::uint64_t)>& reason);

    // A line {"exporter":"192.0.2.1","datagram":"<base64url>"}, as the agent and the centre keep NetFlow.
    // False: the line is something else. A flow whose template comes later comes out with it.
    bool read_datagram(std::string_view line, Event& event, const std::function<void(Event&)>& each,
                       const std::function<void(std::string_view, std::uint64_t)>& reason);

private:
    void begin_flows();
    struct Column {
        FieldId field = unnamed;
        std::string name;
        bool is_list = false;
        bool is_bool = false;
        bool is_text = false;
    };
    std::string_view read_zeek(std::string_view line, Event& event);
    std::string_view zeek_value(std::string_view text, Event& event) const;

    const Detector& detector_;
    ReadOptions options_;
    JsonReader json_;
    TextReader text_;
    std::unique_ptr<FlowDecoder> flows_;
    std::vector<Detector::Alias> flow_aliases_;
    Route flow_route_;
    const Source* source_ = nullptr;
    std::shared_ptr<const ZeekHead> zeek_;
    const ZeekHead* columns_of_ = nullptr;
    std::vector<Column> columns_;
};

}  // namespace noroshi::engines::detect
