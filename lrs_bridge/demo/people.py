"""The invented people of the demonstration: the tables that a coordinator would bring, and what each asks of the Boards.

Asha Rao               e-learning, and her head's word: eligible in Essex
Ben Carter             a taxi driver with the NWG module alone: most of the first tiers, and no whole one
Grace Mensah           no account anywhere: to T5, and champion in three areas, by records kept by hand
Owen Price             the same with e-learning where there is some
Daniel Adeyemi         champion in Southend until his post there ended; now asks in Thurrock
Joan Hale              champion since before, not yet registered anew
Marta, Liam, Jürgen    on their way
"""

from __future__ import annotations

SITE = "https://moodle.council.example"
_HR = "https://hr.council.example"

_ORGANISATIONS = f"""organisation,sector,areas,service_areas,cse_lead,cse_lead_name,home_page,role_tiers
Essex Family Service,social_care,essex,,joan.hale@colne.example,Joan Hale,{_HR},family worker = T5
Colne Primary School,education,essex,,joan.hale@colne.example,Joan Hale,,teacher = T3
Harwich Cabs,licensing,essex,,,,,taxi driver = T2
Southend Street Work,youth_offending,southend,,,,,
Grays Youth Club,youth_offending,thurrock,,,,,
Southend Children's Services,social_care,southend,Assessment; Looked-after children,,,,
"""

_PEOPLE = f"""person,identifiers,organisation,area,service_area,role,required_tier,manager,from,until
Asha Rao,asha.rao@colne.example; {SITE}|asha.rao,Colne Primary School,essex,,teacher,,tom.barker@colne.example,,
Ben Carter,ben.carter@mail.example,Harwich Cabs,essex,,taxi driver,,none,,
Marta Nowak,marta.nowak@southend.example; {SITE}|m.nowak,Southend Children's Services,southend,Assessment,social worker,,joy.hill@southend.example,,
Liam O'Neill,liam.oneill@thurrock.example; {SITE}|l.oneill,Thurrock Youth Offending Team,thurrock,,case worker,,priya.shah@thurrock.example,,
Jürgen Okafor-Brandt,j.okafor@hotel.example; {SITE}|j.okafor-brandt,Clacton Pier Hotel,essex,,night manager,T1,,,
Grace Mensah,grace.mensah@mail.example; Essex Family Service|20417,Essex Family Service,essex,,family worker,,eve.stone@council.example,,
Grace Mensah,grace.mensah@mail.example,Southend Street Work,southend,,volunteer,,eve.stone@council.example,,
Grace Mensah,grace.mensah@mail.example,Grays Youth Club,thurrock,,volunteer,,eve.stone@council.example,,
Owen Price,owen.price@council.example; {SITE}|o.price,Essex Family Service,essex,,family worker,,eve.stone@council.example,,
Owen Price,owen.price@council.example,Southend Street Work,southend,,volunteer,,eve.stone@council.example,,
Owen Price,owen.price@council.example,Grays Youth Club,thurrock,,volunteer,,eve.stone@council.example,,
Daniel Adeyemi,daniel.adeyemi@mail.example,Southend Street Work,southend,,youth worker,,eve.stone@council.example,01/02/2023,30/06/2026
Daniel Adeyemi,daniel.adeyemi@mail.example,Grays Youth Club,thurrock,,youth worker,,priya.shah@thurrock.example,01/07/2026,
"""

_CHAMPIONS = """person,identifiers,organisation,area,status,since,decided_by,decided_by_name,last_update
Joan Hale,joan.hale@colne.example,Colne Primary School,essex,legacy,01/09/2015,,,14/10/2016
Daniel Adeyemi,daniel.adeyemi@mail.example,Southend Street Work,southend,registered,12/05/2024,may.fox@southend-lscb.example,May Fox,
"""

_SESSIONS = """date,title,delivered_by,delivered_by_name,organisation,area,courses,items,attendees
02/03/2026,Induction,joan.hale@colne.example,Joan Hale,Essex Family Service,essex,induction,,Essex Family Service|20417
09/03/2026,ESCB basic awareness package,joan.hale@colne.example,Joan Hale,Essex Family Service,essex,escb_basic,,Essex Family Service|20417
16/03/2026,ESCB missing children package,joan.hale@colne.example,Joan Hale,Essex Family Service,essex,escb_missing,,Essex Family Service|20417
23/04/2026,Looked-after children: how we record,joan.hale@colne.example,Joan Hale,Essex Family Service,essex,,4.6,Essex Family Service|20417; owen.price@council.example
"""

_COMPLETIONS = """person,course,date,provider,certificate,seen_by,seen_by_name
grace.mensah@mail.example,set_toolbox,02/04/2026,SET CSE Toolbox,,joan.hale@colne.example,Joan Hale
grace.mensah@mail.example,safeguarding_l2,20/01/2026,Kent County Council,KC-4711,joan.hale@colne.example,Joan Hale
grace.mensah@mail.example,specialist,11/05/2026,PACE,SP-208,joan.hale@colne.example,Joan Hale
daniel.adeyemi@mail.example,escb_basic,03/02/2024,Southend LSCB,,may.fox@southend-lscb.example,May Fox
daniel.adeyemi@mail.example,set_toolbox,10/02/2024,SET CSE Toolbox,,may.fox@southend-lscb.example,May Fox
daniel.adeyemi@mail.example,safeguarding_l3,17/02/2024,Southend LSCB,SL-77,may.fox@southend-lscb.example,May Fox
"""

_MEMBERSHIPS = """person,membership,checked,source
asha.rao@colne.example,nwg,02/06/2026,ESCB gold membership list
grace.mensah@mail.example,nwg,02/06/2026,ESCB gold membership list
owen.price@council.example,nwg,02/06/2026,ESCB gold membership list
daniel.adeyemi@mail.example,nwg,20/02/2024,NWG Network's own list
"""

_AREAS = {
    "Essex Family Service": "essex",
    "Southend Street Work": "southend",
    "Grays Youth Club": "thurrock",
    "Colne Primary School": "essex",
    "Southend Children's Services": "southend",
    "Thurrock Youth Offending Team": "thurrock",
}
_EVE = "eve.stone@council.example,Eve Stone"
_PRIYA = "priya.shah@thurrock.example,Priya Shah"
_SUPPORT = ("manager_support", "working_knowledge")
_PRACTICE = ("item:4.1", "item:4.2", "item:4.3", "item:5.7", "item:5.8")


def _word(person: str, keys: tuple[str, ...], organisation: str, by: str, day: str) -> list[str]:
    """What somebody vouches for, as rows of attestations. Of 4.2 the word alone: its knowledge is the Toolbox module."""
    area = _AREAS[organisation]
    rows = []
    for key in keys:
        parts = "both" if key.startswith("item:") and key != "item:4.2" else ""
        rows.append(f"{person},{key.removeprefix('item:')},{organisation},{area},{by},{day},{parts}")
    return rows


_ATTESTATIONS = "\n".join(
    [
        "person,attestation,organisation,area,by,by_name,date,parts",
        *_word("asha.rao@colne.example", _SUPPORT, "Colne Primary School", "tom.barker@colne.example,Tom Barker", "01/06/2026"),
        *_word("marta.nowak@southend.example", _SUPPORT, "Southend Children's Services", "joy.hill@southend.example,Joy Hill", "15/05/2026"),
        *_word("liam.oneill@thurrock.example", _SUPPORT, "Thurrock Youth Offending Team", _PRIYA, "20/05/2026"),
        *_word("daniel.adeyemi@mail.example", _SUPPORT, "Southend Street Work", _EVE, "01/03/2024"),
        *_word("daniel.adeyemi@mail.example", _SUPPORT, "Grays Youth Club", _PRIYA, "08/07/2026"),
        *(
            row
            for person in ("grace.mensah@mail.example", "owen.price@council.example")
            for row in _word(person, _PRACTICE, "Essex Family Service", _EVE, "18/05/2026")
        ),
        *(
            row
            for person in ("grace.mensah@mail.example", "owen.price@council.example")
            for place in list(_AREAS)[:3]
            for row in _word(person, _SUPPORT, place, _EVE, "01/06/2026")
        ),
    ]
)  # fmt: skip

TABLES = {
    "organisations": _ORGANISATIONS,
    "people": _PEOPLE,
    "champions": _CHAMPIONS,
    "sessions": _SESSIONS,
    "completions": _COMPLETIONS,
    "memberships": _MEMBERSHIPS,
    "attestations": _ATTESTATIONS,
}
"""Kind of import → the table, in the order in which they are brought."""

MOODLE_COURSES = {
    "asha.rao": ("induction", "escb_basic", "escb_missing", "safeguarding_l2"),
    "m.nowak": ("safeguarding_l3",),
    "l.oneill": ("safeguarding_l2",),
    "j.okafor-brandt": ("induction",),
    "o.price": ("induction", "escb_basic", "escb_missing", "specialist", "safeguarding_l2"),
}
"""Moodle user → courses, as completed one a day."""

REQUESTS = (
    ("grace.mensah@mail.example", ("essex", "southend", "thurrock")),
    ("owen.price@council.example", ("essex", "southend", "thurrock")),
    ("daniel.adeyemi@mail.example", ("thurrock",)),
    ("liam.oneill@thurrock.example", ("thurrock",)),
)
"""Who asks to be registered, and where."""

REGISTERED = REQUESTS[:3]
"""Whom the Boards then register; Liam's request waits."""

COORDINATOR = ("cora.dean@council.example", ("Essex Family Service", "Colne Primary School"))
"""Who coordinates the training of which organisations."""

OPERATOR = "olu.king@council.example"

BOARDS = {
    "essex": ("ann.lowe@essex-lscb.example", "Ann Lowe"),
    "southend": ("may.fox@southend-lscb.example", "May Fox"),
    "thurrock": ("joe.ray@thurrock-lscb.example", "Joe Ray"),
}
"""Area → who decides there."""
