import HostCore
import HostTemplates
import Testing

@Suite("Chat templates that ask for too much, or for what is not there")
struct TemplateLimitTests {
    static func error(_ source: String) -> TemplateError? {
        do {
            let context: [String: JSONValue] = ["messages": [["role": "user", "content": "hi"]], "n": 3]
            _ = try ChatTemplate(source: source).render(context: context, maximumSteps: 200_000)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "A limit ends it",
        arguments: [
            "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
            "{{ 'a' * 1000000000000 }}", "{{ [0] * 1000000000000 }}", "{{ 'ab' * 9223372036854775807 }}",
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
            "{% for a in range(99999) %}{{ 'x' * 100000 }}{% endfor %}",
            "{% set ns = namespace(x=[]) %}{% for i in range(99999) %}{% set ns.x = [ns.x] %}{% endfor %}",
            "{% set ns = namespace(x=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
            "{% set ns = namespace(x=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}",
            "{% set ns = namespace(x=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x == [ns.x, 1] or ns.x == ns.x }}",
            "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
            "{% macro f(a) %}{{ a }}{{ f(a ~ a) }}{% endmacro %}{{ f('x') }}",
            "{{ range(9223372036854775807) }}", "{{ 2 ** 128 }}", "{{ 170141183460469231731687303715884105727 + 1 }}", "{{ '{:99999}'.format(1) }}",
            "{{ '%99999d' % 1 }}",
            "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "{% macro f() %}{% call f() %}{% endcall %}{% endmacro %}{{ f() }}",
            "{{ ('a' * 100000).replace('a', 'b' * 1000) }}", "{{ ('a' * 100000).replace('', 'b' * 1000) }}",
            "{{ " + String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000) + " }}",
            "{{ " + String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000) + " }}",
            "{{ " + String(repeating: "not ", count: 5000) + "x }}",
            "{{ " + String(repeating: "-", count: 5000) + "1 }}",
            "{{ x" + String(repeating: ".a", count: 5000) + " }}",
            "{{ x" + String(repeating: "|trim", count: 5000) + " }}",
            "{{ 1" + String(repeating: " + 1", count: 5000) + " }}",
            "{{ 1" + String(repeating: " if 1 else 1", count: 5000) + " }}",
            String(repeating: "{% if 1 %}", count: 5000), String(repeating: " ", count: 300_000),
        ])
    func limits(_ source: String) throws {
        let error = try #require(TemplateLimitTests.error(source), "\(source.prefix(80))")
        #expect(error.kind == .limit, "\(error)")
    }

    @Test(
        "Numbers at the end of their range are numbers",
        arguments: [
            ("{{ range(9223372036854775800, 9223372036854775807, 5) | list | length }}", "2"),
            ("{{ 'abc'[::9223372036854775807] }}{{ 'abc'[::-9223372036854775807] }}", "ac"),
            ("{{ [1, 2][-9223372036854775807:9223372036854775807] }}", "[1, 2]"), ("{{ [] * 5 }}", "[]"),
            ("{{ 'abc'[-9223372036854775807] }}{{ [1][9223372036854775807] }}", ""),
            ("{{ (-9223372036854775807 - 1) % -1 }}", "0"), ("{{ 'x' * -9223372036854775807 }}", ""),
            ("{{ '99999999999999999999' | int }} {{ 1e300 | int(7) }}", "0 7"),
        ])
    func extremes(_ source: String, _ text: String) throws {
        // Python has whole numbers without a limit; there the last line would differ.
        #expect(try ChatTemplate(source: source).render(context: [:]) == text)
    }

    @Test(
        "What is not offered is named, and runs nothing",
        arguments: [
            ("{% include 'x' %}", "include"), ("{% import 'x' as y %}", "import"), ("{% extends 'x' %}", "extends"),
            ("{{ ''.encode('x') }}", "encode"), ("{{ messages.append(1) }}", "append"),
            ("{{ messages[0].update(a=1) }}", "update"),
            ("{{ x | pprint }}", "pprint"), ("{{ 1 is filter }}", "filter"),
            ("{% set ns = namespace() %}{% set ns.self = ns %}", "namespace"), ("{{ [range] }}", "function"),
            ("{{ [1] | random }}", "random"), ("{{ '{:e}'.format(1.0) }}", "format"), ("{% do x %}", "do"),
        ])
    func unsupported(_ source: String, _ mention: String) throws {
        let error = try #require(TemplateLimitTests.error(source))
        #expect(error.kind == .unsupported)
        #expect(error.description.contains(mention), "\(error)")
    }

    @Test("Attributes beyond members and methods do not exist")
    func attributes() throws {
        for name in ["__class__", "__globals__", "mro", "func_globals", "__init__"] {
            #expect(
                try ChatTemplate(source: "{{ messages.\(name) }}{{ ''.\(name) }}{{ n.\(name) }}").render(context: [
                    "messages": [], "n": 1,
                ]) == "")
            #expect(TemplateLimitTests.error("{{ messages.\(name).x }}")?.kind == .value)
            #expect(TemplateLimitTests.error("{{ ''.\(name)() }}")?.kind == .value)
        }
    }

    @Test("Errors say where")
    func positions() throws {
        let error = try #require(TemplateLimitTests.error("a\nb {{ 1 }}\n  {{ n +\n   'x' }}"))
        #expect(error.position == TemplateLimitTests.error("a\nb {{ 1 }}\n  {{ n +\n   'x' }}")?.position)
        #expect(error.position.line == 4 && error.position.column == 4)
        #expect(error.description.hasPrefix("chat template, line 4, column 4: "))
        #expect(TemplateLimitTests.error("é{{ 'open }}")?.position.column == 5)
    }

    @Test("A template's own refusal is its message")
    func raised() throws {
        let error = try #require(TemplateLimitTests.error("{{ raise_exception('Only ' ~ n ~ ' roles') }}"))
        #expect(error.kind == .raised)
        #expect(error.problem == "Only 3 roles")
    }

    @Test("Content is data: templates inside a message are not run")
    func contentIsData() throws {
        let template = try ChatTemplate(source: "{{ messages[0].content }}")
        let content = "{{ 7 * 7 }}{% for x in y %}"
        #expect(try template.render(context: ["messages": [["content": .string(content)]]]) == content)
    }

    @Test("Long conversations render")
    func longMessages() throws {
        let template = try ChatTemplate(
            source: "{% for m in messages %}{{ '<' + m.role + '>' + m.content | trim + '\\n' }}{% endfor %}")
        let long = String(repeating: "word ", count: 400_000)
        let text = try template.render(context: ["messages": [["role": "user", "content": .string(long)]]])
        #expect(text.utf8.count == long.utf8.count - 1 + "<user>\n".utf8.count)
    }
}
