#pragma once
// `noroshi replay`: plays a scenario (replay_scenario.h) into a running server, through the HTTP API
// and nothing else, as an exercise with a clock of its own. Each step carries an Idempotency-Key
// made of the exercise and the step's number, so that a broken connection and a second try never
// write a line twice.

#include <chrono>
#include <functional>
#include <string>

#include "kernel/identity/id.h"
#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::edge::cli {

struct ReplayOptions {
    std::string scenario;  // YAML file
    std::string server;    // "http://127.0.0.1:8080"
    std::string token;
    double speed = 600;  // 0: without waiting; the exercise's clock then stands at the end
    // Of a replay that was stopped: what is already there stays, the rest follows. Empty: a new one.
    std::string exercise;
    Language language = Language::ja;
    std::string ca_file;  // empty: the system's
    // One line of progress; nothing: to standard output.
    std::function<void(const std::string&)> say;
    // Lets time pass; nothing: waits. Tests that play without a server's clock give their own.
    std::function<void(std::chrono::milliseconds)> rest;
    // How long the server may be away before it is given up.
    std::chrono::milliseconds patience{120'000};
};

struct Replayed {
    ExerciseId exercise;
    IncidentId incident;
    std::size_t entries = 0;
    std::size_t milestones = 0;
};

// Prints the review at the end. Errors: those of reading the scenario; unavailable, when the server
// stays away; what the server refuses (edge.http.server_said);
// edge.cli.replay.other_exercise when options.exercise plays something else.
Result<Replayed> replay(const ReplayOptions& options);

}  // namespace noroshi::edge::cli
