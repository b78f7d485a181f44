"""Words of the demo shop: names, places, and the sentences its customers write. Data only.

Every sentence belongs to a theme, so that what a review says is planted too.
"""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    """The words of a text, in order."""
    return tuple(text.split())


FIRST_NAMES: tuple[str, ...] = _words(
    """
    Maya Olivia Emma Amelia Sophia Charlotte Isabella Ava Mia Evelyn Harper Luna Camila Gianna Elizabeth
    Eleanor Ella Abigail Sofia Avery Scarlett Emily Aria Penelope Chloe Layla Mila Nora Hazel Madison Ellie
    Lily Nova Isla Grace Violet Aurora Riley Zoey Willow Emilia Stella Zoe Victoria Hannah Addison Leah Lucy
    Eliana Ivy Everly Lillian Paisley Elena Naomi Maria Audrey Ruby Kennedy Alice Sadie Gabriella Cora Ruth
    Clara Vivian Josephine Priya Ananya Mei Yuki Hana Linh Fatima Aisha Zainab Amara Ngozi Ingrid Astrid
    Freya Saoirse Niamh Katarina Oksana Lucia Beatriz Liam Noah Oliver James Elijah Mateo Theodore Henry
    Lucas William Benjamin Levi Sebastian Jack Ezra Michael Daniel Leo Owen Samuel Hudson Alexander Asher
    Luca Ethan John David Jackson Joseph Mason Luke Matthew Julian Dylan Arjun Rohan Wei Hiroshi Omar Yusuf
    Kwame Emeka Diego Rafael Thiago Anders Soren Pierre Marco Nikolai Declan Callum Rhys
    """
)
LAST_NAMES: tuple[str, ...] = _words(
    """
    Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez
    Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez
    Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker
    Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards
    Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey
    Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood Bennett Gray Mendoza Ruiz
    Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez Chen Wang Li Zhang Liu Tanaka
    Sato Suzuki Park Choi Tran Pham Singh Sharma Gupta Khan Ahmed Hassan Ali Okafor Mensah Diallo Larsen
    Nielsen Johansson Lindqvist Novak Kowalski Petrov Rossi Romano Ferrari Silva Costa Pereira Dubois
    Laurent Moreau Schmidt Weber Fischer Wagner Murray MacDonald Fraser Gallagher Byrne Whitaker Hawthorne
    Ashby Fairfax Penrose
    """
)

# country, region, share of all orders there, IANA zone
PLACES: tuple[tuple[str, str, float, str], ...] = (
    ("US", "NY", 0.125, "America/New_York"),
    ("US", "CA", 0.130, "America/Los_Angeles"),
    ("US", "MA", 0.070, "America/New_York"),
    ("US", "NJ", 0.055, "America/New_York"),
    ("US", "PA", 0.050, "America/New_York"),
    ("US", "CT", 0.030, "America/New_York"),
    ("US", "VT", 0.020, "America/New_York"),
    ("US", "ME", 0.022, "America/New_York"),
    ("US", "FL", 0.050, "America/New_York"),
    ("US", "GA", 0.028, "America/New_York"),
    ("US", "NC", 0.032, "America/New_York"),
    ("US", "TX", 0.062, "America/Chicago"),
    ("US", "IL", 0.045, "America/Chicago"),
    ("US", "MN", 0.028, "America/Chicago"),
    ("US", "CO", 0.035, "America/Denver"),
    ("US", "WA", 0.045, "America/Los_Angeles"),
    ("US", "OR", 0.033, "America/Los_Angeles"),
    ("CA", "ON", 0.045, "America/Toronto"),
    ("CA", "BC", 0.025, "America/Vancouver"),
    ("CA", "QC", 0.015, "America/Toronto"),
    ("GB", "ENG", 0.028, "Europe/London"),
    ("GB", "SCT", 0.006, "Europe/London"),
    ("AU", "NSW", 0.010, "Australia/Sydney"),
    ("DE", "BE", 0.006, "Europe/Berlin"),
    ("IE", "D", 0.005, "Europe/Dublin"),
)

# source, share of new own-store customers, mean chance to stay after each order, cents a new customer costs
SOURCES: tuple[tuple[str, float, float, int], ...] = (
    ("meta_ads", 0.29, 0.50, 2650),
    ("google", 0.18, 0.58, 2150),
    ("organic", 0.18, 0.64, 0),
    ("tiktok", 0.10, 0.42, 1850),
    ("referral", 0.09, 0.70, 0),
    ("email", 0.06, 0.62, 0),
    ("direct", 0.07, 0.62, 0),
    ("influencer", 0.03, 0.48, 3400),
)
REFERRAL_SOURCE = 4

TICKET_TOPICS: tuple[str, ...] = ("where_is_my_order", "how_to_use", "size", "damaged", "other")
RETURN_REASONS: tuple[tuple[str, str], ...] = (
    ("too_small", "Runs smaller than the chart says."),
    ("too_large", "A size too big on me, lovely otherwise."),
    ("not_as_described", "The colour is much darker than in the photo."),
    ("damaged", "Arrived with a crack, the box was crushed."),
    ("wrong_item", "I ordered the 60 sachets and got the 20."),
    ("changed_mind", ""),
    ("skin_reaction", "My skin went red after two evenings."),
    ("taste_or_scent", "Too much lavender for me."),
    ("arrived_late", "It came after the birthday it was meant for."),
)

# (theme, sentiment, language) -> sentences. Sentiment 1 is praise, -1 complaint.
SENTENCES: dict[tuple[str, int, str], tuple[str, ...]] = {
    ("delivery", 1, "en"): (
        "Arrived two days early.",
        "Fast shipping, even in the week before Christmas.",
        "Delivered exactly when they said.",
    ),
    ("delivery", -1, "en"): (
        "It arrived more than a week late.",
        "Tracking stood still for days and nobody could say why.",
        "Meant as a birthday present, came after the party.",
    ),
    ("quality", 1, "en"): (
        "You can tell it is made with care.",
        "Better quality than anything I find in the supermarket.",
        "Third time I buy it and it is just as good every time.",
    ),
    ("quality", -1, "en"): (
        "Quality has gone down since the last batch.",
        "Feels cheap for the price.",
        "The seam opened after one wash.",
    ),
    ("scent", 1, "en"): (
        "The scent is calm and not too sweet.",
        "My whole bathroom smells like a forest.",
        "Smells wonderful when you open the tin.",
    ),
    ("scent", -1, "en"): (
        "The smell is far too strong for me.",
        "Hardly any scent at all.",
        "Smells of soap more than of juniper.",
    ),
    ("packaging", 1, "en"): (
        "Beautiful packaging, no plastic.",
        "Wrapped so nicely I gave it away as it was.",
        "The tin is too pretty to throw out.",
    ),
    ("packaging", -1, "en"): (
        "The lid was open and half of it was in the box.",
        "Crushed on arrival.",
        "So much paper for one small tin.",
    ),
    ("taste", 1, "en"): (
        "Round and smooth, no bitterness.",
        "Tastes like real ginger.",
        "My evening cup for months now.",
    ),
    ("taste", -1, "en"): (
        "Bitter even after two minutes.",
        "Tastes of nothing but lavender.",
        "Weak, I need two sachets for one mug.",
    ),
    ("size", 1, "en"): (
        "Fits true to size.",
        "Roomy and soft, the M is perfect.",
        "Good length, even for tall people.",
    ),
    ("size", -1, "en"): (
        "Runs small, order one size up.",
        "The sleeves are far too long.",
        "Smaller than it looks online.",
    ),
    ("delivery", 1, "es"): ("Llegó antes de lo previsto.", "Envío muy rápido."),
    ("delivery", -1, "es"): ("Llegó con una semana de retraso.", "El paquete tardó muchísimo."),
    ("quality", 1, "es"): ("Se nota la calidad.", "Volveré a comprarlo sin duda."),
    ("quality", -1, "es"): ("Esperaba mejor calidad por este precio.", "Se rompió a los pocos días."),
    ("scent", 1, "es"): ("Huele de maravilla.", "Un aroma suave y natural."),
    ("scent", -1, "es"): ("El olor es demasiado fuerte.", "Apenas tiene aroma."),
    ("packaging", 1, "es"): ("El embalaje es precioso.", "Viene muy bien presentado."),
    ("packaging", -1, "es"): ("La caja llegó aplastada.", "El tarro venía abierto."),
    ("taste", 1, "es"): ("Un sabor redondo, nada amargo.", "Mi té de todas las noches."),
    ("taste", -1, "es"): ("Demasiado amargo.", "No sabe a nada."),
    ("size", 1, "es"): ("La talla es perfecta.", "Queda muy bien."),
    ("size", -1, "es"): ("Talla muy pequeña.", "Me queda grande."),
    ("delivery", 1, "zh"): ("物流很快，比预计早到两天。", "发货及时。"),
    ("delivery", -1, "zh"): ("晚了一个多星期才到。", "物流太慢了。"),
    ("quality", 1, "zh"): ("质量很好，会回购。", "做工细致。"),
    ("quality", -1, "zh"): ("质量一般，不值这个价。", "用了几天就坏了。"),
    ("scent", 1, "zh"): ("味道清新，不刺鼻。", "香味很舒服。"),
    ("scent", -1, "zh"): ("气味太浓了。", "几乎没有香味。"),
    ("packaging", 1, "zh"): ("包装精美，送人很合适。", "包装环保。"),
    ("packaging", -1, "zh"): ("盒子压坏了。", "盖子没拧紧，洒了一半。"),
    ("taste", 1, "zh"): ("口感顺滑，不苦。", "每晚一杯，睡得好。"),
    ("taste", -1, "zh"): ("太苦了。", "味道很淡。"),
    ("size", 1, "zh"): ("尺码标准。", "大小正合适。"),
    ("size", -1, "zh"): ("偏小，建议买大一码。", "袖子太长。"),
    ("delivery", 1, "pt"): ("Chegou antes do prazo.", "Entrega muito rápida."),
    ("delivery", -1, "pt"): ("Chegou com mais de uma semana de atraso.", "A entrega demorou demais."),
    ("quality", 1, "pt"): ("Ótima qualidade, recomendo.", "Já é a terceira vez que compro."),
    ("quality", -1, "pt"): ("Qualidade abaixo do esperado.", "Quebrou em poucos dias."),
    ("scent", 1, "pt"): ("O cheiro é maravilhoso.", "Perfume suave, gostei muito."),
    ("scent", -1, "pt"): ("O cheiro é forte demais.", "Quase não tem perfume."),
    ("packaging", 1, "pt"): ("Embalagem linda.", "Veio muito bem embalado."),
    ("packaging", -1, "pt"): ("A caixa chegou amassada.", "A tampa veio aberta."),
    ("taste", 1, "pt"): ("Sabor equilibrado, nada amargo.", "Meu chá de toda noite."),
    ("taste", -1, "pt"): ("Muito amargo.", "Fraco, sem gosto."),
    ("size", 1, "pt"): ("Tamanho perfeito.", "Veste muito bem."),
    ("size", -1, "pt"): ("Ficou pequeno.", "Veio maior do que o esperado."),
}
THEMES: tuple[str, ...] = ("delivery", "quality", "scent", "packaging", "taste", "size")
LANGUAGES: tuple[tuple[str, float], ...] = (("en", 0.82), ("es", 0.07), ("zh", 0.06), ("pt", 0.05))
TITLES: dict[tuple[str, int], tuple[str, ...]] = {
    ("en", 1): ("Love it", "My new evening ritual", "Will buy again", "Exactly as hoped", "A small luxury"),
    ("en", 0): ("Good, not great", "Fine", "Mixed feelings"),
    ("en", -1): ("Disappointed", "Not for me", "Expected more", "Sending it back"),
    ("es", 1): ("Me encanta", "Muy recomendable"),
    ("es", 0): ("Correcto", "Ni bien ni mal"),
    ("es", -1): ("Decepcionante", "No lo repetiré"),
    ("zh", 1): ("非常喜欢", "值得回购"),
    ("zh", 0): ("还可以", "一般"),
    ("zh", -1): ("失望", "不推荐"),
    ("pt", 1): ("Adorei", "Recomendo"),
    ("pt", 0): ("Razoável", "Mais ou menos"),
    ("pt", -1): ("Decepcionante", "Não gostei"),
}
# Which themes a product type's reviews speak of, in the order of THEMES.
THEME_WEIGHTS: dict[str, tuple[float, ...]] = {
    "Tea": (2, 3, 2, 3, 6, 0),
    "Wellness": (2, 4, 0.5, 2, 5, 0),
    "Bath & Body": (2, 3, 6, 3, 0, 0),
    "Skin Care": (2, 5, 4, 2, 0, 0),
    "Teaware": (2.5, 6, 0, 4, 0, 1),
    "Loungewear": (2, 5, 0, 1.5, 0, 6),
    "Seasonal": (2.5, 3, 2, 3, 5, 0),
    "Gifts": (4, 4, 1, 5, 0, 0),
}
MENTIONS: tuple[tuple[str, float, str], ...] = (
    ("gift ideas", 0.8, "Tidewren's Quiet Morning set is often named among gifts for tea drinkers."),
    ("best loose tea", 0.6, "Among small tea makers, Tidewren is praised for its oolong."),
    ("bath soak", 0.7, "For a bath soak without plastic, reviewers name Tidewren's juniper salt."),
    (
        "sleep drinks",
        0.3,
        "Magnesium drinks such as Tidewren's Deep Sleep are popular; the evidence is mixed.",
    ),
    ("shipping", -0.6, "Several buyers say Tidewren's parcels came late in December."),
    ("price", -0.3, "Tidewren is dearer than supermarket tea."),
    ("linen robe", 0.4, "The waffle robe runs small but is well made."),
    ("alternatives", 0.0, "Alternatives to Tidewren include many local tea shops."),
)
COMMENTS: dict[int, tuple[str, ...]] = {
    1: ("Lovely brand, lovely people.", "I tell everyone about the sleep drink.", "Never had a bad order."),
    0: ("Good tea, shipping could be faster.", "Nice, but a little expensive."),
    -1: (
        "Two late parcels in a row.",
        "No answer from support for four days.",
        "Not worth the price any more.",
    ),
}
