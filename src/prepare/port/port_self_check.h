#pragma once
// The self-check (port_register.h) seen with the terminals beside the register: whoever only works with
// a TOS that another owns is not its operator. That part of the guideline is the owner's; what is left for
// the terminal is to be ready for the day on which that system stops.

#include "prepare/port/port.h"
#include "prepare/port/port_register.h"

namespace noroshi::prepare::port {

// Puts right the part `operator` of each organisation whose terminals work with another's TOS, naming
// the owner, and adds the part `tos_user`. An organisation that owns a TOS of its own stays as it is.
void add_users_of_tos(SelfCheck& check, const Register& systems, const State& port,
                      const council::State& council, Language language);

}  // namespace noroshi::prepare::port
