"""Writes templates-golden.json: what Jinja2 itself, set up as Hugging Face sets it up, makes of our templates.

Needs jinja2 (3.1). Run in this folder: python3 generate.py
"""
import datetime
import json

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.Scope(body).set_lineno(line)


def environment():
    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda format: datetime.datetime(2024, 7, 9, 5, 4, 3).strftime(format)
    return env


CHAT = [
    {"role": "system", "content": "You are a careful helper."},
    {"role": "user", "content": "  Hi there\n"},
    {"role": "assistant", "content": "Hello! <think>short</think> How are you?"},
    {"role": "user", "content": "Grüße, 你好 😀 \"quoted\" & 'single'"},
]
TOOLS = [{"type": "function", "function": {"name": "weather", "description": "Weather <now>",
          "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]
PARTS = [{"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image"}, {"type": "text", "text": "here"}]}]
CALLS = [{"role": "user", "content": "weather?"},
         {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": {"name": "weather", "arguments": {"city": "Bern", "days": 2}}}]},
         {"role": "tool", "content": "rain", "tool_call_id": "1"}]
DATA = {"messages": CHAT, "add_generation_prompt": True, "bos_token": "<s>", "eos_token": "</s>", "tools": TOOLS,
        "parts": PARTS, "calls": CALLS, "n": 7, "x": 2.5, "nothing": None, "yes": True, "words": ["b", "a", "C", "b"],
        "nested": {"a": {"b": [1, 2, {"c": "deep"}]}, "items": 3}, "text": "one two  three\nfour", "empty": [], "s": "aXbXc"}

# Styles that models ship, in our own words.
MODELS = {
    "rwkv world": "{{ '' if messages[0]['role'] != 'system' else 'System: ' + messages[0]['content'].strip() + '\\n\\n' }}{% for message in messages %}{% if message['role'] == 'user' %}{{ 'User: ' + message['content'] | trim + '\\n\\n' }}{% elif message['role'] == 'assistant' %}{{ 'Assistant: ' + message['content'] | trim + '\\n\\n' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}",
    "chatml": "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
    "chatml with lines": """{%- if messages[0].role == 'system' %}
    {%- set system = messages[0].content %}
    {%- set rest = messages[1:] %}
{%- else %}
    {%- set system = 'default' %}
    {%- set rest = messages %}
{%- endif %}
<|system|>{{ system }}
{% for m in rest %}
    {% if m.role == 'user' %}
<|user|>{{ m.content | trim }}
    {% else %}
<|{{ m.role }}|>{{ m.content.split('</think>')[-1].lstrip() }}
    {% endif %}
{% endfor %}
{% if add_generation_prompt -%}
<|assistant|>
{%- endif %}
""",
    "instructions": """{% set ns = namespace(found=false, count=0) %}
{% for message in messages %}
  {% if message['role'] == 'user' and not ns.found %}
    {% set ns.found = true %}
    {{- bos_token + '[INST] ' + message['content'] | trim + ' [/INST]' }}
  {% elif message['role'] == 'user' %}
    {{- '[INST] ' + message['content'] + ' [/INST]' }}
  {% elif message['role'] == 'assistant' %}
    {{- ' ' + message['content'] + eos_token }}
  {% endif %}
  {% set ns.count = ns.count + 1 %}
{% endfor %}
{{ ns.count }} {{ ns.found }} {{ ns.missing }}|""",
    "alternation check": "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate: ' + m.role) }}{% endif %}{% endfor %}",
    "tools": """{%- if tools %}
Tools:
{% for tool in tools %}
{{ tool | tojson }}
{{ tool.function | tojson(indent=2) }}
{%- if not loop.last %}, {% endif %}
{% endfor %}
{%- endif %}
{% for tool in tools %}{{ tool.function.name }}({% for key, value in tool.function.parameters.properties.items() %}{{ key }}: {{ value.type }}{{ ", " if not loop.last }}{% endfor %}){% endfor %}""",
    "tool calls": """{% for m in calls %}
{%- if m.tool_calls is defined and m.tool_calls %}
{%- for call in m.tool_calls %}
<call>{"name": "{{ call.function.name }}", "arguments": {{ call['function']['arguments'] | tojson }}}</call>
{%- endfor %}
{%- elif m.role == 'tool' %}
<result>{{ m.content }}</result>
{%- elif m.content is string %}
<{{ m.role }}>{{ m.content }}</{{ m.role }}>
{%- endif %}
{% endfor %}""",
    "content parts": """{% for m in parts %}{{ m.role | upper }}: {% if m.content is string %}{{ m.content }}{% else %}{% for part in m.content %}{% if part.type == 'text' %}{{ part.text }}{% elif part['type'] in ['image', 'audio'] %}<{{ part.type }}>{% endif %}{% endfor %}{% endif %}{{ m.content | selectattr('type', 'equalto', 'text') | map(attribute='text') | join(' ') }}{% endfor %}""",
    "macro": """{% macro turn(role, content, end='<end>') -%}
<{{ role }}> {{ content | trim }} {{ end }}
{%- endmacro %}
{% for m in messages %}
{{ turn(m.role, m.content) }}
{{ turn(content=m.role, role='r', end='') }}
{% endfor %}""",
    "generation": "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}",
    "date": "Today: {{ strftime_now('%d %b %Y') }} {{ strftime_now('%A %B %H:%M:%S %j %I%p %y %%') }}",
    "block set": "{% set body %}\n  <{{ n }}>\n{% endset %}[{{ body | trim }}]{% set up | upper %}abc{{ text }}{% endset %}{{ up }}",
    "reverse search": """{% set ns = namespace(last=-1) %}{% for m in messages[::-1] %}{% set index = (messages | length - 1) - loop.index0 %}{% if m.role == 'user' and ns.last < 0 %}{% set ns.last = index %}{% endif %}{% endfor %}{{ ns.last }}""",
}

# Each is one line of the language.
LINES = [
    "{{ 1 + 2 * 3 - 4 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 2 ** 10 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }}",
    "{{ 1 / 3 }} {{ 1e3 }} {{ 0.1 + 0.2 }} {{ 1.0 }} {{ 100000.5 }} {{ 1_000 }} {{ -2 ** 2 }} {{ 2 ** 3 ** 2 }}",
    "{{ 'a' ~ 1 ~ none ~ true ~ 2.50 ~ missing ~ [1, 'x'] }}",
    "{{ [1, 'a', \"it's\", 'q\"', none, true, 1.5, ['\\n', 'é', '\\t\\\\']] }} {{ {'a': 1, 'b': [2]} }} {{ (1, 2) }} {{ (1,) }} {{ () }}",
    "{{ 1 < 2 }} {{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ 'a' < 'b' }} {{ 1 == 1.0 }} {{ true == 1 }} {{ '1' == 1 }} {{ [1] == [1.0] }} {{ {'a': 1} == {'a': 1} }} {{ (1,) == [1] }}",
    "{{ 'a' in 'abc' }} {{ 'z' not in 'abc' }} {{ 1 in [1, 2] }} {{ 'a' in nested }} {{ 'x' in missing }} {{ '' in 'abc' }} {{ not 1 in [2] }}",
    "{{ 1 and 0 }} {{ 0 or 'x' }} {{ not '' }} {{ '' and missing }} {{ none or 'default' }} {{ 1 and 2 or 3 }}",
    "{{ 'yes' if n > 5 else 'no' }} {{ 'yes' if n > 9 }}| {{ 'a' if false else 'b' if false else 'c' }}",
    "{{ text.split() }} {{ text.split(' ') }} {{ text.split('o', 1) }} {{ ' a b '.split(None, 1) }} {{ s.split('X')[1] }} {{ ''.split() }} {{ ''.split('x') }}",
    "{{ '  a '.strip() }}|{{ '  a '.lstrip() }}|{{ '  a '.rstrip() }}|{{ 'xxaxx'.strip('x') }}|{{ 'abcab'.rstrip('ab') }}|{{ '\\u00a0 a\\x1c'.strip() }}|",
    "{{ 'abc'.startswith('a') }} {{ 'abc'.startswith(('x', 'a')) }} {{ 'abc'.endswith('bc') }} {{ 'abc'.endswith('abcd') }} {{ ''.startswith('') }}",
    "{{ 'abab'.replace('ab', 'x') }} {{ 'abab'.replace('a', 'y', 1) }} {{ 'ab'.replace('', '-') }} {{ 'aaa' | replace('aa', 'b') }} {{ 'aaa' | replace('a', 'b', 2) }}",
    "{{ 'hello wORLD'.title() }} {{ 'hello wORLD'.capitalize() }} {{ 'Straße ǆ'.upper() }} {{ 'ÀÉ'.lower() }} {{ \"it's o'clock-time\".title() }} {{ \"it's o'clock-time (now)\" | title }} {{ 'hELLO' | capitalize }}",
    "{{ ', '.join(['a', 'b']) }} {{ [1, 2, 3] | join('-') }} {{ [] | join(',') }} {{ 'abc' | join('.') }} {{ messages | join(', ', attribute='role') }}",
    "{{ 'abcabc'.find('c') }} {{ 'abc'.find('z') }} {{ 'é你c'.find('c') }} {{ 'aaaa'.count('aa') }} {{ '12'.isdigit() }} {{ 'a1'.isalpha() }} {{ '  '.isspace() }} {{ ''.isdigit() }}",
    "{{ 'a\\nb\\r\\nc\\n'.splitlines() }} {{ 'prefix-a'.removeprefix('prefix-') }} {{ 'a.txt'.removesuffix('.txt') }} {{ 'ABC'.isupper() }} {{ 'aB'.islower() }}",
    "{{ 'abcdef'[1:3] }} {{ 'abcdef'[-2:] }} {{ 'abcdef'[::-1] }} {{ 'abcdef'[::2] }} {{ 'abcdef'[10:] }}|{{ 'abcdef'[:-10] }}|{{ 'abc'[-5:2] }} {{ 'abcdef'[4:1:-2] }} {{ '你好😀'[1:] }} {{ 'abc'[1] }} {{ 'abc'[-1] }} {{ 'abc'[9] }}|",
    "{{ [1, 2, 3][1:] }} {{ [1, 2, 3][-1] }} {{ [1, 2, 3][:-1] }} {{ [1, 2][5] }}| {{ [][0:1] }} {{ [1, 2, 3][::-1] }} {{ (1, 2, 3)[:2] }} {{ [][::-1] }}",
    "{{ nested.a.b[2].c }} {{ nested['a']['b'][0] }} {{ nested.a.zzz }}| {{ nested.a.b.0 }} {{ nested['items'] }} {{ nested.get('zz', 'def') }} {{ nested.get('zz') }} {{ nested.keys() | list }} {{ nested.a.items() | list | length }}",
    "{% for k, v in nested.items() %}{{ k }}={{ v }};{% endfor %}{% for k in nested %}{{ k }}{% endfor %}{% for k, v in nested | dictsort %}{{ k }}{% endfor %}{% for k, v in nested | items %}{{ k }}{% endfor %}",
    "{% for i in range(5) %}{{ i }}{% if not loop.last %},{% endif %}{% endfor %} {{ range(2, 10, 3) | list }} {{ range(5, 0, -2) | list }} {{ range(0) | list }}",
    "{% for m in messages %}{{ loop.index }}/{{ loop.length }} {{ loop.first }} {{ loop.last }} {{ loop.revindex }} {{ loop.revindex0 }} {{ loop.index0 }} {{ loop.previtem.role if loop.previtem is defined else '-' }} {{ loop.nextitem.role if not loop.last else '-' }} {{ loop.cycle('odd', 'even') }} {{ loop.depth }}\n{% endfor %}",
    "{% for m in messages if m.role == 'user' %}{{ loop.index }}{{ m.content | length }} {% else %}none{% endfor %}{% for m in [] %}x{% else %}empty{% endfor %}{% for a in missing %}x{% else %}undefined{% endfor %}",
    "{% for a in [1, 2] %}{% for b in 'xy' %}{{ a }}{{ b }}{{ loop.index }}{{ loop.depth }} {% endfor %}{{ loop.index }}{% endfor %}",
    "{% for i in range(9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}",
    "{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = i + 10 %}{{ x }} {% endfor %}{{ x }}{% if true %}{% set x = 5 %}{% endif %}{{ x }}{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set t = 1, 2 %}{{ t }}",
    "{% with a = 1, b = 2 %}{{ a + b }}{% set n = 100 %}{{ n }}{% endwith %}{{ a }}{{ n }}{% filter upper | trim %}  abc {% endfilter %}|",
    "{{ missing is defined }} {{ n is defined }} {{ nothing is none }} {{ 'a' is string }} {{ nested is mapping }} {{ empty is iterable }} {{ 'a' is iterable }} {{ n is iterable }} {{ n is number }} {{ n is integer }} {{ x is float }} {{ yes is boolean }} {{ yes is true }} {{ n is odd }} {{ n is even }} {{ n is divisibleby 7 }} {{ n is divisibleby(2) }} {{ empty is sequence }} {{ nested is sequence }} {{ missing is none }} {{ missing is undefined }} {{ nothing is not none }} {{ n is eq 7 }} {{ n is in [7] }} {{ 'abc' is lower }} {{ 'ABC' is upper }} {{ yes is number }} {{ yes is integer }} {{ n is gt 3 }} {{ none is sameas none }}",
    "{{ missing | default('d') }} {{ '' | default('d') }}| {{ '' | default('d', true) }} {{ nothing | default('d') }} {{ nothing | d('e', boolean=true) }} {{ missing.x | default('d') if false else 'ok' }}",
    "{{ 'a b' | upper | lower | length }} {{ words | first }} {{ words | last }} {{ [] | first }}| {{ words | sort }} {{ words | sort(reverse=true) }} {{ words | unique | list }} {{ words | reverse | list }} {{ 'abc' | reverse }} {{ words | sort(case_sensitive=true) }} {{ words | count }}",
    "{{ '5' | int + 1 }} {{ 'x' | int }} {{ 'x' | int(3) }} {{ 2.9 | int }} {{ '2.5' | float }} {{ 5 | string ~ 'a' }} {{ -3 | abs }} {{ 2.567 | round(2) }} {{ 2.5 | round }} {{ [1, 2, 3] | sum }} {{ [3, 1] | min }} {{ [3, 1] | max }} {{ ' 12 ' | int }}",
    "{{ nested | tojson }} {{ 'é\"\\\\\\n\\u0001' | tojson }} {{ nothing | tojson }} {{ x | tojson }} {{ [] | tojson(indent=2) }} {{ {'a': [], 'b': {}, 'c': [1, {'d': 2}]} | tojson(indent=4) }} {{ 1e16 | tojson }} {{ '</script>' | tojson }}",
    "{{ [0, 1, 2, '', 'a'] | select | list }} {{ [1, 2, 3, 4] | select('even') | list }} {{ [1, 2, 3] | reject('gt', 1) | list }} {{ messages | selectattr('role', 'eq', 'user') | list | length }} {{ messages | rejectattr('role', 'in', ['user']) | map(attribute='role') | list }} {{ ['a', 'b'] | map('upper') | join }} {{ tools | map(attribute='function.name') | first }}",
    "{{ 'x' * 3 }} {{ 3 * 'ab' }} {{ [1] * 2 + [3] }} {{ 'a' 'b' }} {{ true + 1 }} {{ -n }} {{ +n }} {{ not n }} {{ (1 + 2) * 3 }}",
    "a {#- comment -#} b {# another\n one #}\nc\n{# line comment #}\nd",
    "  {% if true %}\n  x\n  {% endif %}\ny {% if true %} z {% endif %}\n\n   {{ n }}\n   {%+ if true %}k{% endif +%}\nend\n",
    "a\n  {%- if true -%}  \n b \n {%- endif -%} \n c {{- ' d ' -}} \n e\n",
    "{% raw %}{{ not }} {% this %} {# nor this #}{% endraw %}|\n{%- raw -%}  x  {%- endraw -%}  |",
    "line1\r\nline2\rline3\n\n",
    "{{ \"a\\tb\\n\\x41\\u00e9\\U0001F600\\q\\'\\\"\\101\" }}{{ 'it\\'s' }}",
    "{{ '{{' }} {{ '%}' }} {{ {'a': {'b': 1}} }} {{ {'a': {'b': {}}}['a'] }}",
    "{{ s | replace('X', '<') | escape }} {{ '<a>&\"' | e }} {{ 'a\\nb\\n\\nc' | indent }} {{ 'a\\nb' | indent(2, true) }} {{ 'a' | safe }} {{ '  x ' | trim }} {{ 'xxaxx' | trim('x') }}",
    "{{ messages[0]['content'][:3] + '…' }} {{ messages[-1].content | length }} {{ messages[1:3] | map(attribute='role') | list }} {{ (messages | last).role }} {{ messages|length>3 }}",
    "{% if messages | length > 3 and messages[0].role == 'system' or false %}A{% elif n == 7 %}B{% else %}C{% endif %}{% if not messages %}D{% endif %}{% if missing %}E{% else %}F{% endif %}",
    "{% macro outer(a, b=2, c=b) %}{{ a }}{{ b }}{{ c }}{{ n }}{% endmacro %}{{ outer(1) }} {{ outer(1, 3) }} {{ outer(a='x', c='z') }} {{ outer() }}|{% macro fact(k) %}{% if k < 2 %}1{% else %}{{ k * fact(k - 1) | int }}{% endif %}{% endmacro %}{{ fact(5) }}",
    "{% set d = dict(a=1, b='x') %}{{ d }} {{ d.a }} {% set ns = namespace() %}{% set ns.list = [] %}{% for w in words %}{% set ns.list = ns.list + [w | lower] %}{% endfor %}{{ ns.list }}",
]

# What templates seldom use.
RARE = [
    "{% set b = {0: 0, 512: 128, -1: 5} %}{{ b }} {{ b[512] }} {{ b[true] }} {{ b.get(0) }} {{ 512 in b }} {{ 5 in b }} {{ b | tojson }} {% for k, v in b.items() %}{{ k + 1 }}={{ v }};{% endfor %}{{ b.keys() | list }} {{ b | dictsort }}",
    "{% for k in {3: 1, 1: 2} %}{{ k }}{% endfor %}{{ {'a': 1}[2] is defined }}{{ {1: 2} == {1: 2} }}{{ {1: 2} == {'1': 2} }}",
    "{{ none | selectattr('x') | list }}{{ none | map('upper') | list }}{{ nothing | select | list }}{{ '' | rejectattr('x') | list }}",
    "{{ '{} and {}'.format(1, 'x') }} {{ '{1}{0}{1}'.format('a', 'b') }} {{ '{n}-{t.a}'.format(n=n, t=nested) }} {{ '{{}}{!r}'.format('q') }}",
    "{{ '[{:>6}|{:<6}|{:^7}|{:*^7}]'.format('ab', 'cd', 'ef', 'gh') }} {{ '{:05d}|{:+d}|{:,}|{:x}|{:X}|{:b}|{:o}'.format(42, 7, 1234567, 255, 255, 5, 8) }}",
    "{{ '{:.2f}|{:8.3f}|{:08.2f}|{:.0%}|{:.3}|{:6}|{:<6}'.format(x, x, -x, 0.25, 'abcdef', 12, 12) }} {{ '{}|{}|{}'.format(true, none, [1, 'a']) }}",
    "{{ '%s is %d and %5.1f%%' % ('a', 5, x) }} {{ '%r %s' % ('a', [1]) }} {{ '%05d|%-5d|%+d|%x' % (42, 42, 42, 255) }} {{ 'n=%s' % n }} {{ '%(a)s-%(b)03d' % {'a': 'x', 'b': 7} }}",
    "{{ '%s, %s!' | format('Hi', 'you') }} {{ '%(who)s' | format(who='me') }} {{ 'plain' | format }} {{ '%-6s|%6s' | format('a', 'b') }}",
    "{% macro list(items) %}<{% for i in items %}{{ caller(i, loop.index) }}{% endfor %}>{% endmacro %}{% set q = '!' %}{% call(item, place) list(words) %}{{ place }}{{ item }}{{ q }}{% endcall %}",
    "{% macro box(title) %}[{{ title }}:{{ caller() }}]{% endmacro %}{% call box('a') %}{% call box('b') %}in{% endcall %}{% endcall %}",
    "{% macro bare() %}{{ caller is defined }}{% endmacro %}{{ bare() }}{% macro two() %}{{ caller() }}{{ caller() }}{% endmacro %}{% call two() %}x{% endcall %}",
    "{% block head %}<{{ n }}>{% endblock %}{% block tail %}{% set n = 1 %}{{ n }}{% endblock tail %}{{ n }}",
    "{% set tree = [{'n': 'a', 'c': [{'n': 'b', 'c': []}, {'n': 'd', 'c': [{'n': 'e', 'c': []}]}]}, {'n': 'f', 'c': []}] %}{% for t in tree recursive %}{{ loop.depth }}{{ t.n }}{{ loop.index }}{% if t.c %}({{ loop(t.c) }}){% endif %}{% endfor %}",
    "{% for x in [1, 2, 3] recursive %}{{ x }}{{ loop.depth0 }}{% endfor %}",
    "{{ range(7) | batch(3) | list }} {{ words | batch(3, '-') | list }} {% for row in words | batch(2) %}{{ row | join('+') }};{% endfor %}",
    "{% for role, list in messages | groupby('role') %}{{ role }}:{{ list | length }};{% endfor %}{% for g in messages | groupby('role') %}{{ g.grouper }}={{ g.list | map(attribute='content') | first | length }};{% endfor %}",
    "{% for k, l in [{'c': 'b'}, {'c': 'A'}, {'c': 'B'}, {}] | groupby('c', default='a') %}{{ k }}{{ l | length }} {% endfor %}{% for k, l in [{'c': 'b'}, {'c': 'B'}] | groupby('c', case_sensitive=true) %}{{ k }}{% endfor %}",
    "{{ nested | attr('a') is defined }}{{ ('a,b' | attr('split'))(',') }}{{ nested | attr('nope') is defined }}",
    "{{ 'aXbXc'.rfind('X') }} {{ 'aaa'.rfind('aa') }} {{ 'abc'.rfind('z') }} {{ 'Grüße X'.rfind('X') }} {{ 'abc'.rfind('') }} {{ 'abc'.index('c') }}",
    "{% set c = cycler('odd', 'even') %}{% for i in range(3) %}{{ c.next() }}{{ c.current }} {% endfor %}{{ c.reset() }}{{ c.next() }}",
    "{% set comma = joiner() %}{% for w in words %}{{ comma() }}{{ w }}{% endfor %}{% set bar = joiner('|') %}{{ bar() }}a{{ bar() }}b",
    "{{ 9223372036854775808 }} {{ 9223372036854775807 + 1 }} {{ 2 ** 64 }} {{ 2 ** 64 - 2 ** 64 + 5 }} {{ -9223372036854775808 - 1 }} {{ 2 ** 70 // 3 }} {{ 2 ** 70 % 1000 }} {{ (2 ** 64) == (2 ** 64) }} {{ 2 ** 64 > 2 ** 63 }} {{ [2 ** 64] | tojson }} {{ 2 ** 64 is integer }} {{ 2 ** 64 | int }} {{ '%d' % (2 ** 40) }}",
]

# What must fail, in both.
BROKEN = [
    "{% if %}x{% endif %}", "{% for x in %}{% endfor %}", "{{ 1 + }}", "{{ 'abc }}", "{% endif %}", "{% if true %}", "{{ a b }}",
    "{{ [1, 2 }}", "{% unknown %}", "{{ x | nofilter }}", "{{ 1 is notest }}", "{# open", "{% raw %} open", "{{ missing.a.b }}",
    "{{ missing() }}", "{{ 1 + 'a' }}", "{{ 1 / 0 }}", "{{ none | length }}", "{% for x in 5 %}{% endfor %}", "{{ 'a' < 1 }}",
    "{{ raise_exception('no ' ~ n) }}", "{% set n.x = 1 %}", "{{ {'a': 1}.b.c }}", "{{ words.append('x') }}", "{{ missing + 'a' }}",
    "{% for a, b in [[1]] %}{% endfor %}", "{{ range(1000000) | list }}", "{{ 'a'.__class__ }}{{ ''.__class__.mro() }}", "{{ [1, 2] | tojson(indent= }}",
    "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "{{ missing | tojson }}", "{{ -missing }}", "{{ 1 if }}", "{% break %}", "{{ 'a'[1:2:0] }}",
    "{{ '{}{}'.format(1) }}", "{{ '{'.format(1) }}", "{{ '%d' % 'a' }}", "{{ '%s' % (1, 2) }}", "{{ '%s%s' % 1 }}", "{% call n %}x{% endcall %}",
    "{% for x in [1] %}{{ loop([2]) }}{% endfor %}", "{{ 'abc'.index('z') }}", "{{ cycler() }}", "{{ {[1]: 2} }}",
]


def run(env, source):
    try:
        return {"output": env.from_string(source).render(**DATA)}
    except Exception as error:  # what fails there must fail here
        return {"error": type(error).__name__ + ": " + str(error)}


env = environment()
cases = [{"name": name, "source": source, **run(env, source)} for name, source in MODELS.items()]
cases += [{"name": source[:40], "source": source, **run(env, source)} for source in LINES + RARE]
cases += [{"name": "broken " + source[:40], "source": source, **run(env, source)} for source in BROKEN]
with open("templates-golden.json", "w") as file:
    json.dump({"made_with": "jinja2 " + jinja2.__version__, "context": DATA, "cases": cases}, file, indent=1, ensure_ascii=False)
    file.write("\n")
print(len(cases), "cases;", [c["name"] + " -> " + c["error"] for c in cases if "error" in c and not c["name"].startswith("broken")],
      [c["name"] for c in cases if "output" in c and c["name"].startswith("broken")])
