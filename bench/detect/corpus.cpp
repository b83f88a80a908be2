#include "bench/detect/corpus.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace bench {

namespace {

class Dice {
public:
    std::uint64_t next() {
        state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
        return state_ >> 33;
    }
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
    template <class Range>
    auto pick(const Range& range) {
        return range[below(range.size())];
    }

private:
    std::uint64_t state_ = 20261124;
};

constexpr auto images = std::to_array<std::string_view>(
    {R"(C:\\Windows\\System32\\svchost.exe)", R"(C:\\Windows\\System32\\lsass.exe)",
     R"(C:\\Windows\\Explorer.EXE)",
     R"(C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe)",
     R"(C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe)",
     R"(C:\\Program Files\\Berth Planner\\Client\\BerthPlanner.exe)",
     R"(C:\\Windows\\System32\\taskhostw.exe)", R"(C:\\Windows\\System32\\conhost.exe)",
     R"(C:\\Program Files (x86)\\Yard View\\bin\\YardView.exe)",
     R"(C:\\Windows\\System32\\cmd.exe)", R"(C:\\Windows\\system32\\backgroundTaskHost.exe)",
     R"(C:\\Windows\\System32\\wbem\\WmiPrvSE.exe)"});
constexpr auto libraries = std::to_array<std::string_view>(
    {R"(C:\\Windows\\System32\\ntdll.dll)", R"(C:\\Windows\\System32\\kernel32.dll)",
     R"(C:\\Windows\\System32\\KernelBase.dll)", R"(C:\\Windows\\System32\\amsi.dll)",
     R"(C:\\Windows\\System32\\rpcrt4.dll)", R"(C:\\Windows\\System32\\wbem\\wbemprox.dll)",
     R"(C:\\Program Files\\Berth Planner\\Client\\BerthPlanner.Core.dll)"});
constexpr auto keys = std::to_array<std::string_view>(
    {R"(HKLM\\System\\CurrentControlSet\\Services\\Tcpip\\Parameters)",
     R"(HKU\\S-1-5-21-1830255721-3727074217-2423397540-1107\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer)",
     R"(HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree)",
     R"(HKLM\\System\\CurrentControlSet\\Services\\bam\\State\\UserSettings\\S-1-5-18)",
     R"(HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Diagnostics\\DiagTrack\\HeartBeats\\Default)"});
constexpr auto commands = std::to_array<std::string_view>(
    {R"(C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule)",
     R"(\\??\\C:\\Windows\\system32\\conhost.exe 0xffffffff -ForceV1)",
     R"(\"C:\\Program Files\\Berth Planner\\Client\\BerthPlanner.exe\" --vessel 9321483 --berth NCB-R1 --shift night)",
     R"(C:\\Windows\\system32\\cmd.exe /c \"C:\\Yard\\export.bat\" 2026-11-24 > C:\\Yard\\log\\export.txt)",
     R"(powershell.exe -NoLogo -File C:\\Yard\\sync.ps1 -Server tos01 -Since 2026-11-23)",
     R"(\"C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe\" --type=renderer --lang=ja --device-scale-factor=1)",
     R"(C:\\Windows\\system32\\wbem\\wmiprvse.exe -secured -Embedding)",
     R"(taskhostw.exe Install $(Arg0))"});
constexpr auto hosts = std::to_array<std::string_view>(
    {"GATE01.port.example", "GATE02.port.example", "TOS01.port.example", "DC01.port.example",
     "CREW07.port.example", "YARD11.port.example"});
constexpr auto users =
    std::to_array<std::string_view>({R"(NT AUTHORITY\\SYSTEM)", R"(PORT\\k.mori)",
                                     R"(PORT\\a.sato)", R"(NT AUTHORITY\\LOCAL SERVICE)"});

using Data = std::vector<std::pair<std::string_view, std::string>>;

std::string hex(Dice& dice, std::size_t digits) {
    std::string out;
    while (out.size() < digits) out += "0123456789ABCDEF"[dice.below(16)];
    return out;
}
std::string guid(Dice& dice) {
    return "{" + hex(dice, 8) + "-" + hex(dice, 4) + "-" + hex(dice, 4) + "-" + hex(dice, 4) + "-" +
           hex(dice, 12) + "}";
}

// NXLog: the event's data as fields, and once more as the message people read.
void write(std::string& out, Dice& dice, std::size_t number, int id, std::string_view channel,
           std::string_view provider, std::string_view task, const Data& data) {
    const auto second = number / 200;
    const std::string time = fmt::format("2026-11-24T{:02}:{:02}:{:02}.{:03}Z", second / 3600 % 24,
                                         second / 60 % 60, second % 60, number % 1000);
    const auto host = dice.pick(hosts);
    out += fmt::format(
        R"({{"@timestamp":"{}","EventID":{},"Channel":"{}","SourceName":"{}","ProviderGuid":"{}","Hostname":"{}","host":"wec.port.example","@version":"1","tags":["domain","wec"],"port":60734,"SeverityValue":2,"Severity":"INFO","Level":4,"LevelValue":"Information","Keywords":-9223372036854775808,"Version":2,"Task":{},"TaskValue":{},"Category":"{}","Opcode":"Info","OpcodeValue":0,"RecordNumber":{},"ExecutionProcessID":{},"ThreadID":{},"EventType":"INFO","EventReceivedTime":"2026-11-24 08:00:01","SourceModuleName":"eventlog","SourceModuleType":"im_msvistalog","AccountName":"SYSTEM","AccountType":"User","Domain":"NT AUTHORITY","UserID":"S-1-5-18")",
        time, id, channel, provider, guid(dice), host, id, id, task, 1000000 + number,
        dice.below(9000), dice.below(9000));
    std::string message = fmt::format("{}:", task);
    for (const auto& [name, value] : data) {
        out += fmt::format(R"(,"{}":"{}")", name, value);
        message += fmt::format("\\r\\n{}: {}", name, value);
    }
    // What NXLog's message has besides: the description every event of Security carries.
    out += fmt::format(R"(,"Message":"{}")", message);
    out += "}\n";
}

void process(std::string& out, Dice& dice, std::size_t number) {
    const std::string image(dice.pick(images));
    const std::string parent(dice.pick(images));
    write(out, dice, number, 1, "Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon",
          "Process Create (rule: ProcessCreate)",
          {{"RuleName", "-"},
           {"UtcTime", "2026-11-24 08:00:00.123"},
           {"ProcessGuid", guid(dice)},
           {"ProcessId", std::to_string(dice.below(9000))},
           {"Image", image},
           {"FileVersion", "10.0.19041.1 (WinBuild.160101.0800)"},
           {"Description", "Host Process for Windows Services"},
           {"Product", "Microsoft® Windows® Operating System"},
           {"Company", "Microsoft Corporation"},
           {"OriginalFileName", image.substr(image.rfind('\\') + 1)},
           {"CommandLine", std::string(dice.pick(commands))},
           {"CurrentDirectory", R"(C:\\Windows\\system32\\)"},
           {"User", std::string(dice.pick(users))},
           {"LogonGuid", guid(dice)},
           {"LogonId", "0x3e7"},
           {"TerminalSessionId", "0"},
           {"IntegrityLevel", "System"},
           {"Hashes", "SHA1=" + hex(dice, 40) + ",MD5=" + hex(dice, 32) +
                          ",SHA256=" + hex(dice, 64) + ",IMPHASH=" + hex(dice, 32)},
           {"ParentProcessGuid", guid(dice)},
           {"ParentProcessId", std::to_string(dice.below(9000))},
           {"ParentImage", parent},
           {"ParentCommandLine", std::string(dice.pick(commands))},
           {"ParentUser", std::string(dice.pick(users))}});
}

void windows(std::string& out, Dice& dice, std::size_t number) {
    const std::string image(dice.pick(images));
    const auto sysmon = "Microsoft-Windows-Sysmon/Operational";
    const auto provider = "Microsoft-Windows-Sysmon";
    Data data = {{"RuleName", "-"},
                 {"UtcTime", "2026-11-24 08:00:00.123"},
                 {"ProcessGuid", guid(dice)},
                 {"ProcessId", std::to_string(dice.below(9000))},
                 {"Image", image}};
    const auto add = [&](std::string_view name, std::string value) {
        data.emplace_back(name, std::move(value));
    };
    const auto kind = number % 40 == 7 ? 100 : dice.below(100);
    if (kind == 100) {
        process(out, dice, number);
    } else if (kind < 26) {
        add("EventType", dice.below(2) == 0 ? "CreateKey" : "DeleteValue");
        add("TargetObject", std::string(dice.pick(keys)) + "\\\\" + hex(dice, 16));
        add("User", std::string(dice.pick(users)));
        write(out, dice, number, 12, sysmon, provider,
              "Registry object added or deleted (rule: RegistryEvent)", data);
    } else if (kind < 38) {
        add("EventType", "SetValue");
        add("TargetObject", std::string(dice.pick(keys)) + "\\\\" + hex(dice, 16));
        add("Details", dice.below(2) == 0 ? "DWORD (0x00000001)" : "Binary Data");
        add("User", std::string(dice.pick(users)));
        write(out, dice, number, 13, sysmon, provider, "Registry value set (rule: RegistryEvent)",
              data);
    } else if (kind < 52) {
        add("ImageLoaded", std::string(dice.pick(libraries)));
        add("FileVersion", "10.0.19041.1 (WinBuild.160101.0800)");
        add("Description", "Windows NT BASE API Client DLL");
        add("Product", "Microsoft® Windows® Operating System");
        add("Company", "Microsoft Corporation");
        add("OriginalFileName", "kernelbase.dll");
        add("Hashes", "SHA1=" + hex(dice, 40) + ",MD5=" + hex(dice, 32) +
                          ",SHA256=" + hex(dice, 64) + ",IMPHASH=" + hex(dice, 32));
        add("Signed", "true");
        add("Signature", "Microsoft Windows");
        add("SignatureStatus", "Valid");
        write(out, dice, number, 7, sysmon, provider, "Image loaded (rule: ImageLoad)", data);
    } else if (kind < 70) {
        data.resize(2);
        add("SourceProcessGUID", guid(dice));
        add("SourceProcessId", std::to_string(dice.below(9000)));
        add("SourceThreadId", std::to_string(dice.below(9000)));
        add("SourceImage", image);
        add("TargetProcessGUID", guid(dice));
        add("TargetProcessId", std::to_string(dice.below(9000)));
        add("TargetImage", std::string(dice.pick(images)));
        add("GrantedAccess", dice.below(2) == 0 ? "0x1000" : "0x1400");
        std::string trace;
        for (int i = 0; i < 9; ++i)
            trace += fmt::format("{}{}+{}", i > 0 ? "|" : "", dice.pick(libraries), hex(dice, 5));
        add("CallTrace", trace);
        write(out, dice, number, 10, sysmon, provider, "Process accessed (rule: ProcessAccess)",
              data);
    } else if (kind < 76) {
        add("TargetFilename", R"(C:\\Yard\\export\\)" + hex(dice, 12) + ".tmp");
        add("CreationUtcTime", "2026-11-24 08:00:00.123");
        add("User", std::string(dice.pick(users)));
        write(out, dice, number, 11, sysmon, provider, "File created (rule: FileCreate)", data);
    } else if (kind < 80) {
        add("User", std::string(dice.pick(users)));
        add("Protocol", "tcp");
        add("Initiated", "true");
        add("SourceIp", fmt::format("10.1.{}.{}", dice.below(8), dice.below(250)));
        add("SourceHostname", std::string(dice.pick(hosts)));
        add("SourcePort", std::to_string(49152 + dice.below(16000)));
        add("DestinationIp", fmt::format("192.0.2.{}", dice.below(250)));
        add("DestinationHostname", "edge.example.net");
        add("DestinationPort", "443");
        add("DestinationPortName", "https");
        write(out, dice, number, 3, sysmon, provider,
              "Network connection detected (rule: NetworkConnect)", data);
    } else if (kind < 95) {
        const bool platform = kind < 90;
        data.clear();
        add("SubjectUserSid", "S-1-5-18");
        add("SubjectUserName", "GATE01$");
        add("SubjectDomainName", "PORT");
        add("SubjectLogonId", "0x3e7");
        if (platform) {
            data.clear();
            add("ProcessID", std::to_string(dice.below(9000)));
            add("Application", R"(\\device\\harddiskvolume2\\windows\\system32\\svchost.exe)");
            add("Direction", "%%14593");
            add("SourceAddress", fmt::format("10.1.{}.{}", dice.below(8), dice.below(250)));
            add("SourcePort", std::to_string(49152 + dice.below(16000)));
            add("DestAddress", "10.1.0.2");
            add("DestPort", "53");
            add("Protocol", "17");
            add("FilterRTID", "68996");
            add("LayerName", "%%14611");
            add("LayerRTID", "48");
            add("RemoteUserID", "S-1-0-0");
            add("RemoteMachineID", "S-1-0-0");
        } else {
            add("ObjectServer", "Security");
            add("ObjectType", "File");
            add("ObjectName", R"(C:\\Yard\\export\\)" + hex(dice, 12));
            add("HandleId", "0x" + hex(dice, 4));
            add("AccessList", "%%4416");
            add("AccessMask", "0x1");
            add("ProcessId", "0x" + hex(dice, 4));
            add("ProcessName", image);
            add("ResourceAttributes", "S:AI");
        }
        write(out, dice, number, platform ? 5156 : 4663, "Security",
              "Microsoft-Windows-Security-Auditing",
              platform ? "The Windows Filtering Platform has permitted a connection."
                       : "An attempt was made to access an object.",
              data);
    } else {
        data.clear();
        add("ContextInfo",
            R"(        Severity = Informational\r\n        Host Name = ConsoleHost\r\n        Host Version = 5.1.19041.1\r\n        Host Application = powershell.exe -NoLogo -File C:\\Yard\\sync.ps1\r\n        Command Name = Get-ChildItem\r\n        Command Type = Cmdlet\r\n        User = PORT\\k.mori)");
        add("Payload",
            R"(CommandInvocation(Get-ChildItem): \"Get-ChildItem\"\r\nParameterBinding(Get-ChildItem): name=\"Path\"; value=\"C:\\Yard\\export\"\r\n)");
        write(out, dice, number, 4103, "Microsoft-Windows-PowerShell/Operational",
              "Microsoft-Windows-PowerShell", "Executing Pipeline", data);
    }
}

}  // namespace

std::string windows_events(std::size_t count) {
    Dice dice;
    std::string out;
    for (std::size_t i = 0; i < count; ++i) windows(out, dice, i);
    return out;
}

std::string process_events(std::size_t count) {
    Dice dice;
    std::string out;
    for (std::size_t i = 0; i < count; ++i) process(out, dice, i);
    return out;
}

std::string zeek_conn(std::size_t count, std::size_t pairs) {
    Dice dice;
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
        const auto pair = dice.below(pairs);
        const bool tls = pair % 3 != 0;
        out += fmt::format(
            R"({{"ts":{:.6f},"uid":"C{}","id.orig_h":"10.1.{}.{}","id.orig_p":{},"id.resp_h":"203.0.{}.{}","id.resp_p":{},"proto":"tcp","service":"{}","duration":{:.6f},"orig_bytes":{},"resp_bytes":{},"conn_state":"SF","local_orig":true,"local_resp":false,"missed_bytes":0,"history":"ShADadFf","orig_pkts":{},"orig_ip_bytes":{},"resp_pkts":{},"resp_ip_bytes":{}}})",
            1795478400.0 + static_cast<double>(i) * 86400.0 / static_cast<double>(count),
            hex(dice, 17), pair % 7, pair % 251, 49152 + dice.below(16000), pair / 251 % 113,
            pair % 241, tls ? 443 : 80, tls ? "ssl" : "http",
            static_cast<double>(dice.below(9000000)) / 1e6, dice.below(5000), dice.below(90000),
            4 + dice.below(20), 200 + dice.below(6000), 4 + dice.below(60),
            200 + dice.below(90000));
        out += '\n';
    }
    return out;
}

std::string syslog_lines(std::size_t count) {
    Dice dice;
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
        out += fmt::format(
            "<{}>Nov 24 {:02}:{:02}:{:02} gate{:02} sshd[{}]: Failed password for invalid user {} "
            "from 198.51.100.{} port {} ssh2\n",
            38, i / 36000 % 24, i / 600 % 60, i / 10 % 60, dice.below(20), 1000 + dice.below(30000),
            dice.pick(std::to_array<std::string_view>({"admin", "root", "oracle", "k.mori"})),
            dice.below(250), 30000 + dice.below(30000));
    return out;
}

std::string fortigate_lines(std::size_t count) {
    Dice dice;
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
        out += fmt::format(
            "date=2026-11-24 time={:02}:{:02}:{:02} devname=\"FGT-GATE\" "
            "devid=\"FGT60F0000000001\" "
            "logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" level=\"notice\" "
            "srcip=10.1.{}.{} srcport={} srcintf=\"internal\" dstip=203.0.113.{} dstport=443 "
            "dstintf=\"wan1\" sessionid={} proto=6 action=\"close\" policyid=1 service=\"HTTPS\" "
            "duration={} sentbyte={} rcvdbyte={}\n",
            i / 36000 % 24, i / 600 % 60, i / 10 % 60, dice.below(8), dice.below(250),
            49152 + dice.below(16000), dice.below(250), dice.below(1000000), dice.below(300),
            dice.below(90000), dice.below(900000));
    return out;
}

std::string cef_lines(std::size_t count) {
    Dice dice;
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
        out += fmt::format(
            "<134>Nov 24 {:02}:{:02}:{:02} fw01 CEF:0|Example|Wall|1.0|100|connection allowed|3|"
            "src=10.1.{}.{} spt={} dst=203.0.113.{} dpt=443 proto=TCP act=allow "
            "cs1Label=Rule cs1=office to web out={} in={} msg=a connection was allowed\n",
            i / 36000 % 24, i / 600 % 60, i / 10 % 60, dice.below(8), dice.below(250),
            49152 + dice.below(16000), dice.below(250), dice.below(90000), dice.below(900000));
    return out;
}

}  // namespace bench
