#pragma once
// `noroshi doctor`: looks at a data directory, says what is wrong and how to mend it. It only reads,
// so it may look beside a running server, and after a disk went bad.

#include <string>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::edge::cli {

enum class Health { sound, warning, broken };
BOOST_DESCRIBE_ENUM(Health, sound, warning, broken)

struct Finding {
    Health health = Health::sound;
    std::string what;  // "chain": which examination
    std::string said;  // in the reader's language
    std::string mend;  // what to do; empty when sound
};
BOOST_DESCRIBE_STRUCT(Finding, (), (health, what, said, mend))
struct Examination {
    std::string dir;
    Health health = Health::sound;  // the worst of all
    bool running = false;           // a server holds the directory
    std::vector<Finding> findings;
};
BOOST_DESCRIBE_STRUCT(Examination, (), (dir, health, running, findings))

// Errors: not_found edge.cli.not_noroshi {dir}. Whatever else is wrong is a finding.
Result<Examination> examine(const std::string& dir, const std::string& config_file,
                            Language language, const Clock& clock);

}  // namespace noroshi::edge::cli
