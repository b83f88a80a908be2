#pragma once
// What is written about the alarm itself: test messages through every gateway, what became of them,
// and other installations that are watched. All of it lies in the stream "respond/callout.heartbeat".
// No address stands here.

#include <string>
#include <string_view>

#include <boost/describe/class.hpp>

#include "kernel/courier.h"
#include "kernel/journal/retention.h"

namespace noroshi::respond::callout {

// A test message was asked for.
struct GatewayTested {
    static constexpr std::string_view kind = "respond.callout.gateway_tested";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    Channel channel = Channel::email;
    std::string gateway;
    int number = 1;  // of this gateway's tests
};
BOOST_DESCRIBE_STRUCT(GatewayTested, (), (channel, gateway, number))

// What became of it: taken, or not (turned down, given up, nothing heard in time).
struct GatewayHeard {
    static constexpr std::string_view kind = "respond.callout.gateway_heard";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    Channel channel = Channel::email;
    std::string gateway;
    int number = 1;
    bool well = false;
    std::string detail;  // in the gateway's words, or empty
};
BOOST_DESCRIBE_STRUCT(GatewayHeard, (), (channel, gateway, number, well, detail))

// Another installation that this one watches has fallen silent, or is heard again.
struct WatchedChanged {
    static constexpr std::string_view kind = "respond.callout.watched_changed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::message;

    std::string name;
    int number = 1;  // of its changes
    bool well = false;
    std::string detail;
};
BOOST_DESCRIBE_STRUCT(WatchedChanged, (), (name, number, well, detail))

}  // namespace noroshi::respond::callout
