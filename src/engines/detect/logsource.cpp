#include "engines/detect/logsource.h"

#include <algorithm>
#include <array>

namespace noroshi::engines::detect {

std::uint16_t RouteNames::intern(std::string_view name) {
    if (name.empty()) return unknown;
    const auto found = numbers_.find(name);
    if (found != numbers_.end()) return found->second;
    const auto number = static_cast<std::uint16_t>(numbers_.size() + 2);
    numbers_.emplace(name, number);
    return number;
}

std::uint16_t RouteNames::find(std::string_view name) const {
    const auto found = numbers_.find(name);
    return found == numbers_.end() ? other : found->second;
}

namespace {

struct Channel {
    std::string_view channel;
    std::string_view service;
};

constexpr std::array channels = std::to_array<Channel>({
    {"Security", "security"},
    {"System", "system"},
    {"Application", "application"},
    {"Microsoft-Windows-Sysmon/Operational", "sysmon"},
    {"Linux-Sysmon/Operational", "sysmon"},
    {"Microsoft-Windows-PowerShell/Operational", "powershell"},
    {"PowerShellCore/Operational", "powershell"},
    {"Windows PowerShell", "powershell-classic"},
    {"Microsoft-Windows-TaskScheduler/Operational", "taskscheduler"},
    {"Microsoft-Windows-WMI-Activity/Operational", "wmi"},
    {"Microsoft-Windows-NTLM/Operational", "ntlm"},
    {"Microsoft-Windows-DHCP-Server/Operational", "dhcp"},
    {"Microsoft-Windows-PrintService/Admin", "printservice-admin"},
    {"Microsoft-Windows-PrintService/Operational", "printservice-operational"},
    {"Microsoft-Windows-SmbClient/Security", "smbclient-security"},
    {"Microsoft-Windows-SmbClient/Connectivity", "smbclient-connectivity"},
    {"Microsoft-Windows-SMBServer/Connectivity", "smbserver-connectivity"},
    {"Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
     "terminalservices-localsessionmanager"},
    {"Microsoft-Windows-CodeIntegrity/Operational", "codeintegrity-operational"},
    {"Microsoft-Windows-AppLocker/MSI and Script", "applocker"},
    {"Microsoft-Windows-AppLocker/EXE and DLL", "applocker"},
    {"Microsoft-Windows-AppLocker/Packaged app-Deployment", "applocker"},
    {"Microsoft-Windows-AppLocker/Packaged app-Execution", "applocker"},
    {"MSExchange Management", "msexchange-management"},
    {"Microsoft-Windows-Windows Defender/Operational", "windefend"},
    {"Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", "firewall-as"},
    {"Microsoft-Windows-Bits-Client/Operational", "bits-client"},
    {"Microsoft-Windows-Security-Mitigations/Kernel Mode", "security-mitigations"},
    {"Microsoft-Windows-Security-Mitigations/User Mode", "security-mitigations"},
    {"Microsoft-Windows-Diagnosis-Scripted/Operational", "diagnosis-scripted"},
    {"Microsoft-Windows-Shell-Core/Operational", "shell-core"},
    {"OpenSSH/Operational", "openssh"},
    {"Microsoft-Windows-LDAP-Client/Debug", "ldap"},
    {"Microsoft-Windows-BitLocker/BitLocker Management", "bitlocker"},
    {"Microsoft-Windows-VHDMP/Operational", "vhdmp"},
    {"Microsoft-Windows-VHDMP-Operational", "vhdmp"},
    {"Microsoft-Windows-AppXDeploymentServer/Operational", "appxdeployment-server"},
    {"Microsoft-Windows-LSA/Operational", "lsa-server"},
    {"Microsoft-Windows-AppxPackaging/Operational", "appxpackaging-om"},
    {"Microsoft-Windows-DNS Client Events/Operational", "dns-client"},
    {"Microsoft-Windows-DNS-Client/Operational", "dns-client"},
    {"DNS Server", "dns-server"},
    {"Microsoft-Windows-DNS-Server/Analytical", "dns-server-analytic"},
    {"Microsoft-Windows-DNS-Server/Audit", "dns-server-audit"},
    {"Microsoft-Windows-DriverFrameworks-UserMode/Operational", "driver-framework"},
    {"Microsoft-Windows-AppModel-Runtime/Admin", "appmodel-runtime"},
    {"Microsoft-Windows-CAPI2/Operational", "capi2"},
    {"Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational",
     "certificateservicesclient-lifecycle-system"},
    {"Microsoft-Windows-Kernel-ShimEngine/Operational", "kernel-shimengine"},
    {"Microsoft-Windows-Kernel-ShimEngine/Diagnostic", "kernel-shimengine"},
    {"Microsoft-Windows-Application-Experience/Program-Telemetry", "application-experience"},
    {"Microsoft-Windows-Application-Experience/Program-Compatibility-Assistant",
     "application-experience"},
    {"Microsoft-Windows-Ntfs/Operational", "ntfs"},
    {"Microsoft-Windows-Hyper-V-Worker", "hyper-v-worker"},
    {"Microsoft-Windows-Hyper-V-Worker-Admin", "hyper-v-worker"},
    {"Microsoft-Windows-Kernel-EventTracing", "kernel-event-tracing"},
    {"Microsoft-Windows-Kernel-EventTracing/Admin", "kernel-event-tracing"},
    {"Microsoft-Windows-SENSE/Operational", "sense"},
    // The taxonomy writes servicebus-client, the rules write microsoft-servicebus-client.
    {"Microsoft-ServiceBus-Client/Admin", "microsoft-servicebus-client"},
    {"Microsoft-ServiceBus-Client/Operational", "microsoft-servicebus-client"},
    {"Microsoft-IIS-Configuration/Operational", "iis-configuration"},
});

constexpr std::array providers = std::to_array<Channel>({
    {"Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational"},
    {"Linux-Sysmon", "Linux-Sysmon/Operational"},
    {"Microsoft-Windows-Security-Auditing", "Security"},
    {"Microsoft-Windows-Eventlog", "Security"},
    {"Service Control Manager", "System"},
    {"Microsoft-Windows-PowerShell", "Microsoft-Windows-PowerShell/Operational"},
    {"PowerShell", "Windows PowerShell"},
    {"Microsoft-Windows-Windows Defender", "Microsoft-Windows-Windows Defender/Operational"},
    {"Microsoft-Windows-TaskScheduler", "Microsoft-Windows-TaskScheduler/Operational"},
    {"Microsoft-Windows-WMI-Activity", "Microsoft-Windows-WMI-Activity/Operational"},
});

bool same(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const auto low = [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        };
        if (low(a[i]) != low(b[i])) return false;
    }
    return true;
}

}  // namespace

std::string_view service_of_channel(std::string_view channel) {
    for (const auto& known : channels)
        if (same(known.channel, channel)) return known.service;
    return {};
}

std::string_view channel_of_provider(std::string_view provider) {
    for (const auto& known : providers)
        if (same(known.channel, provider)) return known.service;
    return {};
}

std::string_view category_of(std::string_view service, int event_id, std::string_view kind) {
    if (service == "sysmon") {
        switch (event_id) {
        case 1: return "process_creation";
        case 2: return "file_change";
        case 3: return "network_connection";
        case 4: return "sysmon_status";
        case 5: return "process_termination";
        case 6: return "driver_load";
        case 7: return "image_load";
        case 8: return "create_remote_thread";
        case 9: return "raw_access_thread";
        case 10: return "process_access";
        case 11: return "file_event";
        case 12:
            if (kind == "CreateKey" || kind == "CreateValue") return "registry_add";
            if (kind == "DeleteKey" || kind == "DeleteValue") return "registry_delete";
            return "registry_event";
        case 13: return "registry_set";
        case 14: return "registry_rename";
        case 15: return "create_stream_hash";
        case 16: return "sysmon_status";
        case 17:
        case 18: return "pipe_created";
        case 19:
        case 20:
        case 21: return "wmi_event";
        case 22: return "dns_query";
        case 23: return "file_delete";
        case 24: return "clipboard_change";
        case 25: return "process_tampering";
        case 26: return "file_delete_detected";
        case 27: return "file_block_executable";
        case 28: return "file_block_shredding";
        case 29: return "file_executable_detected";
        case 255: return "sysmon_error";
        default: return {};
        }
    }
    if (service == "security") {
        switch (event_id) {
        case 4688: return "process_creation";
        case 4689: return "process_termination";
        case 4657: return "registry_set";
        case 5156:
        case 5154:
        case 5158: return "network_connection";
        default: return {};
        }
    }
    if (service == "powershell" && event_id == 4103) return "ps_module";
    if (service == "powershell" && event_id == 4104) return "ps_script";
    if (service == "powershell-classic" && event_id == 400) return "ps_classic_start";
    if (service == "powershell-classic" && event_id == 600) return "ps_classic_provider_start";
    if (service == "powershell-classic" && event_id == 800) return "ps_classic_script";
    if (service == "windefend") {
        constexpr std::array<int, 12> found = {1006, 1007, 1008, 1009, 1010, 1011,
                                               1012, 1017, 1018, 1019, 1115, 1116};
        if (std::ranges::find(found, event_id) != found.end()) return "antivirus";
    }
    return {};
}

std::string_view second_category_of(std::string_view service, int event_id) {
    if (service == "sysmon" && event_id >= 12 && event_id <= 14) return "registry_event";
    if (service == "security" && event_id == 4657) return "registry_event";
    if (service == "sysmon" && event_id == 26) return "file_delete";
    return {};
}

}  // namespace noroshi::engines::detect
