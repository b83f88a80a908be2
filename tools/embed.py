#!/usr/bin/env python3
"""Write a C++ file that carries other files inside the binary, by clang's #embed.

    embed.py catalogues --root src --out catalogues.cpp  src/respond/incident/incident.ja.json …
    embed.py data       --root data --out data.cpp       data/ports/nagoya.yaml …
    embed.py web        --root build/release/web/dist --out web.cpp     (everything under the root)

Each file's digest stands beside its #embed: neither ninja nor ccache looks into embedded files, both look at this one.
"""
import argparse
import hashlib
import pathlib
import re

TABLES = {
    "catalogues": ("kernel/i18n/embedded.h", "noroshi::i18n", "EmbeddedCatalogue", "embedded_catalogues"),
    "data": ("kernel/embedded_data.h", "noroshi", "EmbeddedFile", "embedded_data"),
    "web": ("edge/http/embedded_web.h", "noroshi::web", "EmbeddedFile", "embedded_files"),
}


def described(kind, path, root):
    """The words of one row before its bytes: {room, language} of a catalogue, {path} of any other file."""
    if kind != "catalogues":
        return [path.relative_to(root).as_posix()]
    match = re.fullmatch(r"(\w+)\.(ja|en)\.json", path.name)
    if not match:
        raise SystemExit(f"{path}: a catalogue is called <name>.ja.json or <name>.en.json")
    folder = path.parent.relative_to(root).parts
    # src/respond/incident/incident.ja.json speaks for respond.incident, as its keys do.
    room = folder if folder[-1] == match[1] else (*folder, match[1])
    return [".".join(room), match[2]]


def written(kind, paths, root):
    header, namespace, row_type, function = TABLES[kind]
    rows, bytes_of = [], []
    for index, path in enumerate(paths):
        content = path.read_bytes()
        words = ", ".join(f'"{word}"' for word in described(kind, path, root))
        digest = hashlib.sha256(content).hexdigest()
        if content:
            bytes_of.append(f"// sha256 {digest}\nconst unsigned char file_{index}[] = {{\n"
                            f'#embed "{path.resolve().as_posix()}"\n}};\n')
            rows.append(f"        {row_type}{{{words}, as_text(file_{index})}},\n")
        else:
            rows.append(f"        {row_type}{{{words}, std::string_view()}},\n")
    as_text = """template <std::size_t size>
std::string_view as_text(const unsigned char (&bytes)[size])
{
    return {reinterpret_cast<const char*>(bytes), size};
}

""" if bytes_of else ""
    table = (f"    static const std::array<{row_type}, {len(rows)}> table{{\n{''.join(rows)}    }};\n    return table;\n"
             if rows else "    return {};\n")
    return (f"// Written by tools/embed.py from {len(rows)} file(s).\n"
            f'#include "{header}"\n\n#include <array>\n#include <cstddef>\n\n'
            f"namespace {namespace} {{\nnamespace {{\n\n{''.join(bytes_of)}\n{as_text}}} // namespace\n\n"
            f"std::span<const {row_type}> {function}()\n{{\n{table}}}\n\n}} // namespace {namespace}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=TABLES)
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_intermixed_args()
    files = arguments.files
    if arguments.kind == "web":
        files = [path for path in arguments.root.rglob("*") if path.is_file()]
    text = written(arguments.kind, sorted(files), arguments.root)
    if not arguments.out.exists() or arguments.out.read_text() != text:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(text)


if __name__ == "__main__":
    main()
