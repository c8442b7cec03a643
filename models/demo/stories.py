"""Children's stories from a grammar of plots, and the checker that reads a story back with the same grammar."""

import re
from functools import lru_cache

import grammar

GIRLS = "Anna Lily Mia Emma Zoe Lucy Rosa Clara Nina Ella Ruby Maya Sara Lena Molly Daisy Julia Alice Nora Sofia".split()
BOYS = "Tom Max Ben Leo Sam Finn Mark Oscar Paul Hugo Noah Felix Theo Adam Peter Emil Simon Tim Carl Charlie".split()
# Friends have names of their own, so that a story never has two people of one name.
FRIENDS = "Bella Bruno Dora Hazel Ida Kira Milo Mona Nico Olga Otto Polly Rolf Tessa Vera Victor".split()
# Now and then a rarer or an invented name, so that any name can be carried through a story.
RARE = """Hanna Amy Eva Ivy Jane Kate Mary Rose Helen Irene Bella Dora Hazel Ida Kira Mona Olga Polly Tessa Vera Luis Otto Victor Alex Bruno David
Frank George Henry Ivan Kevin Lars Martin Nils Owen Walter Arthur Bob Eric Fred Harry Jim Ken Milo Nico Oliver Rolf Jack Robin Will""".split()
RARE_GIRLS = set(RARE[:20])
HEADS = "Ba Be Bo Da De Di Do Fa Fi Go Ha Jo Ka Ke Ki La Le Li Lo Ma Me Mi Mo Na Ne No Pa Pe Pi Po Ra Re Ri Ro Sa Se Ta Te Ti To Va Vi Wa Za Ze Zi Zo".split()
MIDDLES = "la li lo na ni no ra ri ro ma mi mo ta ti to sa ba da ka va zi".split()
ADJECTIVES = "little small kind brave happy shy curious clever quiet cheerful gentle playful sleepy young funny tiny friendly lonely".split()
ANIMALS = """rabbit fox bear mouse cat dog puppy kitten bird duck frog hedgehog squirrel turtle owl pig goat lamb pony monkey elephant lion
tiger penguin bee dragon robot giraffe beaver otter""".split()
ANIMALS = [a for a in ANIMALS if a[0] not in "aeiou"] + ["owl", "elephant", "otter"]
COLOURS = "red blue green yellow white purple silver golden black brown".split()
TOYS = "ball kite drum boat hat scarf bell train doll book lantern whistle wagon".split()
# No place, home, colour or plot shares a word with another list: what a word belongs to is then never in doubt.
HOMES = ["a cottage near the forest", "a little village", "a warm house on a hill", "a big town by the sea", "a small house by the river",
         "a farmhouse with many trees", "a quiet valley", "a tall tower", "a village in the mountains", "a hut in the woods", "a house with a garden"]
PLACES = ["the park", "the beach", "the pond", "the lake", "the market", "the mill", "the well", "the harbour", "the old oak", "the old bridge",
          "the waterfall", "the playground"]
PARENTS = ["mother", "father", "grandmother", "grandfather", "aunt", "uncle"]
FOODS = ["apples", "berries", "carrots", "cookies", "nuts", "pears", "plums", "pancakes", "muffins", "cherries"]
HOBBIES = ["sing", "dance", "draw", "play outside", "read stories", "climb trees", "look at the stars", "pick flowers", "run and jump",
           "build things", "listen to the birds", "collect stones", "bake", "swim"]
SKILLS = ["swim", "ride a bike", "whistle", "skate", "juggle", "paint", "cook", "play the flute", "tie a knot", "climb a rope"]
FEARS = ["the dark", "the wind", "thunder", "the deep water", "high places", "loud noises"]
FLOWERS = ["sunflower", "rose", "tulip", "pumpkin", "tomato plant", "bean", "daisy", "strawberry plant"]
TIMES = ["One day", "One morning", "One sunny morning", "One afternoon", "One cold day", "One spring day", "One evening", "The next morning",
         "One rainy day", "On a warm day"]

# Marks around a slot in a story as written: chosen here, or a repetition of what was chosen before; and its end.
FREE, BOUND, CLOSE = "\x01", "\x02", "\x03"
LISTS = {"A": ADJECTIVES, "C": COLOURS, "T": TOYS, "H": HOMES, "P": PLACES, "M": PARENTS, "D": FOODS, "L": HOBBIES, "S": SKILLS,
         "X": FEARS, "W": FLOWERS, "time": TIMES, "A2": ADJECTIVES}
PRONOUNS = {"she": {"he": "she", "him": "her", "his": "her", "self": "herself"}, "he": {"he": "he", "him": "him", "his": "his", "self": "himself"}}


def gender(name):
    if name in GIRLS or name in RARE_GIRLS:
        return "she"
    if name in BOYS or name in RARE:
        return "he"
    return "she" if name[-1] in "ai" else "he"


def some_name(random, rare):
    if random.random() >= rare:
        return random.choice(GIRLS + BOYS)
    return random.choice(RARE) if random.random() < 0.5 else made_up_name(random)


def made_up_name(random):
    name = random.choice(HEADS) + random.choice(MIDDLES) + (random.choice(MIDDLES) if random.random() < 0.3 else "")
    return name + (random.choice(["n", "k", "s", "r", ""]) if name[-1] == "o" else "")


OPENINGS = [
    "(Once upon a time[,]|Once|Long ago[,]|Many years ago[,]) there was a {A} {K} (named|called) {N}. {He} lived in {H}[ with {his} {M}].",
    "(Once upon a time|Once upon a time,|Long, long ago) a {A} {K} (named|called) {N} lived in {H}[ with {his} {M}].",
    "(There once was|There was once|There was) a {A} {K} (named|called) {N}. {He} lived in {H}[ with {his} {M}].",
    "In {H} there lived a {A} {K} (named|called) {N}[, and everyone there liked {him}].",
    "{N} was a {A} {K}. {He} lived in {H}[ with {his} {M}].",
    "Once upon a time, in {H}, there lived a {A} {K}. {His} name was {N}.",
    "Once upon a time there was a {A} {K}. {His} name was {N}[, and {he} lived in {H}].",
]
LOVES = [
    "{N} (loved|liked) to {L}.", "Every day {he} (liked|loved) to {L}.", "{He} (loved|liked) to {L}[ more than anything else].",
    "{N} was always happy when {he} could {L}.", "In the morning {N} liked to {L}, and in the evening {he} liked to listen to stories.",
]
CLOSINGS = [
    "The end.", "And {N} was never sad about it again. The end.", "{N} smiled and fell asleep.",
    "That night {N} (slept very well|had a good dream).", "And they all lived happily ever after.",
    "From that day on, {N} was very happy.", "{N} went home with a big smile. The end.",
]
FRIEND = ["{F} the {G}", "a {A2} {G} named {F}", "a {A2} {G} called {F}"]
MEETS = "(a {A2} {G} (named|called) {F})"

# Every plot is a list of stages, every stage a list of ways to tell it.
PLOTS = {
    "lost": [
        ["{N} had a {C} {T}. It was a gift from {his} {M}.", "{His} best toy was a {C} {T}.", "{N} had a {C} {T} and took it everywhere."],
        ["{time} {he} could not find the {T}. {N} looked under the bed and behind the door, but it was not there.",
         "{time} the {T} was gone. {N} looked everywhere, but {he} could not find it.",
         "{time} {N} went to {P} and came home without the {T}. {He} was very sad."],
        ["{N} began to cry. Then {he} met " + MEETS + ". \"Why are you sad?\" asked {F}.",
         "Behind the house {he} met " + MEETS + ". \"What is wrong?\" asked {F}.",
         "{F} the {G} heard {him} and came to help. \"What are you looking for?\" asked {F}."],
        ["\"I lost my {T},\" said {N}.", "\"My {T} is gone,\" said {N}.", "\"I cannot find my {T},\" said {N}."],
        ["\"Do not (cry|worry),\" said {F}. \"We will look for it together.\"", "\"I will help you,\" said {F}. \"Two can see more than one.\""],
        ["They looked in the grass and behind the stones. At last {F} saw something under a (tree|bush|leaf).",
         "They walked and walked. Then {N} saw something (under a tree|behind a big stone|in the grass)."],
        ["It was the {T}! {N} was so happy that {he} jumped up and down.", "It was the {T}! {N} hugged {F} and laughed."],
        ["\"Thank you, {F},\" said {N}. \"You are a good friend.\"", "{N} thanked {F} and they played with the {T} until the sun went down."],
        ["From then on {N} and {F} were best friends.", "After that {N} always took good care of the {T}."],
    ],
    "friend": [
        ["But {N} had no friends and often felt lonely.", "But {N} had nobody to play with.", "{N} wished for just one thing: a friend."],
        ["{time} {he} went to {P}. There {he} saw " + MEETS + ". {F} was sitting alone.",
         "{time} {N} took a walk to {P} and met " + MEETS + "."],
        ["\"Hello,\" said {N}. \"Would you like to play with me?\"", "\"Hello, I am {N},\" said {N}. \"Would you like to play?\"",
         "{N} was shy, but {he} said, \"Hello! Do you want to play?\""],
        ["\"Yes,\" said {F}, \"I would love to.\"", "{F} smiled. \"I was hoping that somebody would ask,\" said {F}."],
        ["They played all day. They ran, they laughed, and they ate {D} together.", "First they played hide and seek. Then they shared some {D}.",
         "They built a little house of sticks and leaves, and then they ate {D} in it."],
        ["When it got dark, {N} had to go home. \"Will you come again tomorrow?\" asked {F}.", "When the sun went down, {F} said, \"I must go home now.\" \"Will I see you tomorrow?\" asked {N}."],
        ["\"Of course,\" said {N}. \"Friends always come back.\"" , "\"Yes, I promise,\" said {N}."],
        ["From that day on {N} and {F} played together every day.", "The next day they met again, and the day after that, too."],
        ["Now {N} was not lonely any more."],
    ],
    "learn": [
        ["But {N} could not {S}. All the others could {S}, and that made {him} sad.", "There was one thing that {N} wanted to learn: {he} wanted to {S}."],
        ["{time} {N} tried to {S} at {P}, but it did not work. {He} tried again, but it did not work at all.",
         "{time} {he} tried it alone at {P}. It went wrong, and some children laughed."],
        ["\"I will never learn it,\" said {N}.", "{N} sat down and cried. \"It is too hard,\" {he} said."],
        ["{His} {M} heard it and said, \"Nobody can do it on the first day. Try a little every day.\"",
         "Then {F} the {G} came by. \"I could not {S} at first,\" said {F}. \"I will show you how.\""],
        ["So {N} tried every day. On the first day it went badly. On the second day it went better.",
         "So {N} practised in the morning and in the evening. Slowly it went better and better."],
        ["After a week {N} could {S}!", "And one day it worked. {N} could {S}!"],
        ["\"Look at me!\" {he} called. Everybody clapped.", "{N} was so proud that {he} ran home to tell {his} {M}.", "{N} laughed and did it again and again."],
        ["Now {N} knew: whoever keeps trying will learn it.", "\"You see,\" said {his} {M}, \"you only had to keep trying.\""],
    ],
    "storm": [
        ["{time} {N} went to {P} to pick flowers.", "{time} {N} walked to {P} all alone."],
        ["Suddenly the sky grew dark and it began to rain.", "Then a big storm came. The wind blew and the rain fell."],
        ["{N} was wet and cold and did not know the way home.", "{N} was afraid. {He} could not see the path any more."],
        ["Then {he} saw a small light. It came from the house of " + MEETS + ".", "Under a big tree {he} found " + MEETS + ". {F} was hiding from the rain, too."],
        ["\"Come in,\" said {F}. \"Here it is warm and dry.\"", "\"Come here,\" said {F}. \"There is room for two.\""],
        ["{F} gave {him} some {D}, and they told each other stories until the storm was over.", "They sat close together, ate {D} and waited. {N} was not afraid any more."],
        ["After the rain there was a rainbow in the sky.", "At last the sun came out again, and the birds began to sing."],
        ["{F} showed {him} the way home. {His} {M} was very glad to see {him}.", "\"I know the way,\" said {F}, and together they walked back. {His} {M} was waiting at the door."],
        ["\"Thank you for helping me,\" said {N} to {F}.", "{N} gave {F} a flower to say thank you."],
    ],
    "share": [
        ["{time} {N} had a basket full of {D}. {He} wanted to eat them all alone.", "{time} {his} {M} gave {him} some {D}. {N} ran to {P} to eat them alone."],
        ["On the way {he} met " + MEETS + ". {F} looked hungry.", "At {P} {he} saw " + MEETS + ". \"I have not eaten all day,\" said {F}."],
        ["\"May I have some {D}?\" asked {F}.", "\"That smells so good,\" said {F}. \"Can I have a little?\""],
        ["\"No,\" said {N}, \"they are mine.\" {F} went away with a sad face.", "{N} shook {his} head and ran away. \"They are all mine,\" {he} thought."],
        ["But when {N} sat there alone, the {D} did not taste good.", "{N} began to eat, but {he} could only think of {F}. The {D} did not taste good at all."],
        ["So {he} got up and ran after {F}. \"Wait!\" {he} called. \"Let us share.\"", "{He} went back and said, \"I am sorry, {F}. Please eat with me.\""],
        ["They sat down under a tree and ate together. Now the {D} tasted wonderful.", "{F} was so happy that the two of them danced. Then they ate the {D} together."],
        ["{N} learned that (sharing makes two people happy|things taste better together).", "\"Sharing is better than having,\" said {N}, and {F} laughed."],
    ],
    "afraid": [
        ["But {N} was afraid of {X}.", "There was only one problem: {N} was afraid of {X}."],
        ["{time} {his} friend {F} the {G} got stuck at {P} and called for help.", "{time} {N} heard a small voice. It was {F} the {G}. \"Help me!\" called {F} from {P}."],
        ["{N} wanted to run away, because {he} was so afraid of {X}.", "{N} thought of {X} and {his} knees shook."],
        ["But {he} knew that {F} needed {him}.", "\"But {F} is my friend,\" {he} said to {self}. \"I must help.\""],
        ["{N} took a deep breath and went on, step by step.", "{N} closed {his} eyes for a moment. Then {he} went on, slowly and carefully."],
        ["At last {he} reached {F} and pulled with all {his} strength.", "{He} found {F} between two big stones and held out {his} hand."],
        ["{F} was free! \"You saved me,\" said {F}. \"You are very brave.\"", "\"Thank you!\" said {F}. \"I knew that you would come.\""],
        ["\"I was afraid,\" said {N}, \"but I did it.\"", "{N} noticed that {he} was not so afraid of {X} any more."],
        ["Being brave does not mean to have no fear.", "When they came home, {his} {M} gave both of them {D}."],
    ],
    "garden": [
        ["{time} {N} found a small seed at {P}. \"What may this be?\" {he} asked.", "{time} {his} {M} gave {him} a small seed. \"Take good care of it!\""],
        ["{N} put it into the earth and gave it water every day.", "{He} made a hole, put the seed in, and watered it every morning."],
        ["For a long time nothing happened. \"Maybe it is not a good seed,\" said {F} the {G}.", "{F} the {G} came by and laughed. \"Nothing will ever grow there,\" said {F}."],
        ["But {N} did not give up. {He} waited and watered and sang to the seed.", "But {N} waited. \"It needs time,\" {he} said."],
        ["One morning there was a small green leaf.", "Then, after many days, something green came out of the earth."],
        ["It grew and grew, and in summer it was a big {W}.", "Every day it was a little bigger. At last it was the biggest {W} in the village."],
        ["{F} was amazed. \"You were right,\" said {F}. \"May I help you with the garden?\"", "All the neighbours came to see it, and {F} said, \"I am sorry that I laughed.\""],
        ["\"Of course,\" said {N}, and soon they had a whole garden.", "{N} gave {F} a seed, too, and showed how to plant it."],
        ["Good things take time.", "So {N} learned to be patient."],
    ],
    "helper": [
        ["{time} {N} went to {P} and heard somebody cry.", "{time} {he} was walking to {P} when {he} heard a quiet voice."],
        ["It was " + MEETS + ". {F} had hurt a foot and could not walk.", "Behind a tree sat " + MEETS + ". \"I fell down and I cannot get home,\" said {F}."],
        ["\"I will help you,\" said {N}. {He} took {his} {C} scarf and tied it around the foot.", "{N} sat down beside {F} and gave {F} some water and {D}."],
        ["Then {he} carried {F} all the way home. It was far, and {N} was tired, but {he} did not stop.", "\"Lean on me,\" said {N}, and slowly they walked home together."],
        ["The family of {F} was very thankful. They gave {N} a basket full of fruit.", "At the door {F} said, \"How can I ever thank you?\" \"It is nothing,\" said {N}."],
        ["A week later {N} fell into a deep hole. {He} called and called.", "Some days later {N} lost the way in the fog."],
        ["And who came to help? It was {F}!", "{F} heard {him} and came at once."],
        ["\"You helped me, and now I help you,\" said {F}.", "\"Now it is my turn to help,\" said {F}, and brought {N} home."],
        ["They stayed friends for ever.", "Those who help will be helped."],
    ],
    "race": [
        ["{time} there was a race from {P} to the village. {F} the {G} wanted to win, and {N} wanted to win, too.", "{time} {F} the {G} said to {N}, \"I am faster than you. Let us race to {P}!\""],
        ["\"One, two, three, go!\" called {his} {M}.", "All the animals came to see it. \"Ready, steady, go!\" called the owl."],
        ["{F} ran very fast and was soon far ahead. {N} ran more slowly.", "At first {F} was in front, and {N} was far behind."],
        ["Then {F} fell over a stone and hurt a knee.", "But in the middle of the way {F} stepped into a hole and could not get out."],
        ["{N} could have won now. But {he} stopped. \"Are you hurt?\" asked {N}.", "Now {N} could win! But {he} stopped and turned around."],
        ["{He} took {F} by the hand, and they went on together.", "\"Come,\" said {N}, \"I will help you up.\""],
        ["They came in last, but everybody clapped for them.", "They crossed the line at the same time, side by side."],
        ["\"You could have won,\" said {F}. \"A friend is better than a prize,\" said {N}.", "\"Both of you have won,\" said {his} {M}, and gave them {D}."],
    ],
    "birthday": [
        ["{time} it was the birthday of {N}, but nobody said a word about it.", "It was the birthday of {N}. {He} woke up early and was very excited."],
        ["{He} went to {F} the {G}, but {F} was not at home.", "{He} looked for {his} friend {F} the {G}, but {F} was nowhere to be seen."],
        ["{He} went to {P}, but nobody was there, either.", "At {P} it was quiet. {N} sat down and felt sad."],
        ["\"Everyone has forgotten me,\" thought {N}.", "\"They have all forgotten my birthday,\" said {N} and sighed."],
        ["Slowly {he} walked home. It was dark in the house.", "In the evening {he} went home and opened the door."],
        ["Suddenly all the lights went on. \"Surprise!\" called {F} and {his} {M} and all the others.", "Then everybody jumped up and called, \"Happy birthday, {N}!\""],
        ["There was a big cake and a present: a {C} {T}.", "{F} gave {him} a {C} {T}. It was just what {he} had wished for."],
        ["\"I thought that you had forgotten me,\" said {N}. \"Never,\" said {F}.", "{N} laughed with joy. They sang and danced and ate {D}."],
        ["It was the best birthday of all.", "{N} would never forget this day."],
    ],
    "star": [
        ["{time} {N} looked at the sky and saw a star fall down behind {P}.", "{time} something bright fell from the sky. It fell near {P}."],
        ["{N} ran there and found a tiny star in the grass. Its name was {F}.", "{He} went to look. There lay a little star. \"I am {F},\" said the star."],
        ["\"I fell down and I want to go home,\" said {F}.", "\"I am so far from home,\" said {F}, and its light was very weak."],
        ["\"I will bring you back,\" said {N}.", "\"Do not be sad,\" said {N}. \"I will help you.\""],
        ["{N} put {F} into {his} {C} hat and climbed up the highest hill.", "{N} asked {his} {M} for a long ladder and put it on top of the hill."],
        ["But the sky was still too far away. \"What now?\" asked {F}.", "{He} reached up, but {he} could not touch the sky."],
        ["Then {N} threw {F} up as high as {he} could, and the wind carried the star home.", "Then a big bird came and took {F} carefully on its back. Up and up they flew."],
        ["In the night {F} shone brighter than all the other stars.", "Soon {N} saw {F} again, high up in the sky."],
        ["Every evening {N} waved to {F}, and {F} waved back with its light.", "\"Good night, {F},\" said {N}, and the star blinked."],
    ],
    "gift": [
        ["Soon it was the birthday of {his} {M}, and {N} had no money for a gift.", "{N} wanted to give {his} {M} something nice, but {he} had no money."],
        ["{time} {he} went to {P} to think about it.", "{time} {he} walked to {P} and thought and thought."],
        ["There {he} met " + MEETS + ". \"What are you thinking about?\" asked {F}.", "On the way {he} saw {F} the {G}. \"You look worried,\" said {F}."],
        ["\"I need a gift, but I have nothing,\" said {N}.", "{N} told {F} everything."],
        ["\"You can make one,\" said {F}. \"The best gifts are made by hand.\"", "{F} had an idea. \"Why do you not make something?\""],
        ["So they found wood and paint, and {N} made a {C} {T}.", "Together they worked all day, and in the evening there was a {C} {T}."],
        ["{N} gave it to {his} {M}. \"Did you make this {T} for me?\" asked {his} {M}.", "The next day {N} gave the {T} to {his} {M}."],
        ["\"It is the most beautiful {T} in the world,\" said {his} {M}, and gave {him} a kiss.", "{His} {M} was so happy that there were tears and laughter at the same time."],
        ["{N} was proud, and {F} was proud, too."],
    ],
}


@lru_cache(None)
def node_of(text):
    return grammar.parse(text)


class Cast:
    """The slots of one story: chosen when first needed while writing, bound when first seen while reading."""

    def __init__(self, bound=None):
        self.bound = dict(bound or {})
        self.told = set(self.bound)

    def derived(self, slot):
        """Text of a slot that follows from others, or None."""
        key, hero = slot.lower(), self.bound.get("N")
        if slot in self.bound:
            return self.bound[slot]
        if key in PRONOUNS["he"] and hero is not None:
            text = PRONOUNS[gender(hero)][key]
            return text.capitalize() if slot[0].isupper() else text
        return None

    def fill(self, random):
        """Slots come marked: FREE for a choice made here, BOUND for what only repeats the cast."""
        def choose(slot):
            known = self.derived(slot) or self.choose(slot, random)
            mark = BOUND if slot in self.told or slot.lower() in PRONOUNS["he"] else FREE
            if slot != "time":
                self.told.add(slot)
            return mark + known + CLOSE
        return choose

    def choose(self, slot, random):
        if slot == "N":
            self.bound["N"] = some_name(random, 0.03)
        elif slot == "F":
            self.bound["F"] = random.choice([f for f in FRIENDS if f != self.bound["N"]])
        elif slot in "KG":
            person = slot == "K" and random.random() < 0.6
            people = {"she": ["girl", "princess"], "he": ["boy", "prince"]}[gender(self.bound["N"])]
            self.bound[slot] = people[random.random() < 0.15] if person else random.choice([a for a in ANIMALS if a not in self.bound.values()])
        else:
            self.bound[slot] = random.choice([v for v in LISTS[slot] if v not in self.bound.values()])
        return self.bound.pop("time") if slot == "time" else self.bound[slot]


def capital(text):
    at = text[:1] in (FREE, BOUND)
    return text[:at] + text[at:at + 1].upper() + text[at + 1:]


def plain(text):
    """A story without the marks of its slots."""
    return text.translate({ord(mark): None for mark in (FREE, BOUND, CLOSE)})


def stages_of(plot):
    return [OPENINGS, LOVES] + PLOTS[plot] + [CLOSINGS]


def optional(plot, number):
    """Loves and closings may be left out."""
    return number == 1 or number == len(PLOTS[plot]) + 2


def write_story(random, plot=None, bound=None, opening=None):
    plot = plot or random.choice(list(PLOTS))
    cast = Cast(bound)
    # Names first: kinds of people follow from them.
    for slot in "NK":
        if slot not in cast.bound:
            cast.choose(slot, random)
    choose = cast.fill(random)
    parts = []
    for number, stage in enumerate(stages_of(plot)):
        if optional(plot, number) and random.random() < (0.15 if number == 1 else 0.3):
            continue
        text = opening if number == 0 and opening else random.choice(stage)
        parts.append(capital(grammar.write(node_of(text), random, choose)))
    paragraphs, run = [], []
    for i, part in enumerate(parts):
        run.append(part)
        if i < len(parts) - 1 and (i == 1 or random.random() < 0.2):
            paragraphs.append(" ".join(run))
            run = []
    paragraphs.append(" ".join(run))
    return "\n".join(paragraphs), plot, cast.bound


def read_stage(text, at, template, bound):
    """Matches one way to tell a stage at a position; returns (end, new bindings) or None."""
    cast, named = Cast(bound), {}

    def slot(name):
        known = cast.derived(name)
        if known is not None:
            return re.escape(known)
        key = "s_" + name
        if key in named:
            return f"(?P={key})"
        named[key] = name
        if name in ("N", "F"):
            return f"(?P<{key}>[A-Z][a-z]+)"
        if name in ("K", "G"):
            return f"(?P<{key}>" + "|".join(ANIMALS + ["girl", "boy", "princess", "prince"]) + ")"
        if name in LISTS:
            return f"(?P<{key}>" + "|".join(map(re.escape, LISTS[name])) + ")"
        base = name.rstrip("2").lower()
        both = [PRONOUNS[g][base] for g in PRONOUNS]
        return "(?:" + "|".join(b.capitalize() if name[0].isupper() else b for b in both) + ")"

    expression = grammar.pattern(node_of(template), slot)
    m = re.compile(expression, re.I if at == 0 else 0).match(text, at)
    if not m:
        # A stage may begin with a slot whose text is written with a capital here.
        lowered = text[:at] + text[at:at + 1].lower() + text[at + 1:]
        m = re.compile(expression).match(lowered, at)
    if not m:
        return None
    new = dict(bound)
    for key, name in named.items():
        if key in m.groupdict() and m.group(key) is not None:
            value = m.group(key)
            if name in ("N", "F", "A", "T") and value in bound.values():
                return None
            new[name] = value
    new.pop("time", None)
    return m.end(), new


def check_story(text):
    """Whether the grammar can tell this story: one plot, its stages in order, every name, pronoun, place and thing the same throughout.

    Returns (True, plot) or (False, where the best reading broke off).
    """
    text = re.sub(r"\s+", " ", text.strip())
    furthest = 0
    for plot in PLOTS:
        stages, pile = stages_of(plot), [(0, 0, {})]
        while pile:
            number, at, bound = pile.pop()
            furthest = max(furthest, at)
            if at >= len(text):
                if all(optional(plot, n) for n in range(number, len(stages))):
                    return True, plot
                continue
            if number >= len(stages):
                continue
            if optional(plot, number):
                pile.append((number + 1, at, bound))
            for template in stages[number]:
                found = read_stage(text, at, template, bound)
                if found:
                    end, new = found
                    pile.append((number + 1, end + 1 if text[end:end + 1] == " " else end, new))
    return False, text[furthest:furthest + 80]
