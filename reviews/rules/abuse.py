"""Words a person should look at before everybody reads them; by language, and one list for all. A star stands for any ending.

Short on purpose: what is missed can be taken down later, what is found wrongly costs somebody's time. Words that are rude in one
language and harmless in another stand with the language they are rude in. Being angry is not abuse: no word here says that a
product is bad.
"""

ANYWHERE = "*"

ABUSE: dict[str, tuple[str, ...]] = {
    ANYWHERE: (
        "fuck*", "motherfuck*", "asshole*", "arsehole*", "cunt*", "wanker*", "dickhead*", "bitch*", "whore*", "faggot*", "nigger*",
        "retard*", "kill yourself", "i will kill you", "i'll kill you", "you should die",
        "arschloch*", "arschlöcher", "hurensohn*", "hurensöhne", "wichser*", "fotze*", "missgeburt*", "kanake*", "untermensch*",
        "ich bring dich um", "ich bringe euch um", "ihr sollt verrecken", "verreckt",
        "filho da puta", "filhos da puta", "filha da puta", "vai tomar no cu", "arrombad*", "vou te matar", "viado*", "caralho*",
        "傻逼", "傻屄", "煞笔", "他妈的", "操你", "草泥马", "王八蛋", "狗娘养", "去死吧", "杀了你", "贱人", "死全家",
        "ngentot*", "bajingan*", "kontol*", "memek*", "bangsat*", "kubunuh kau", "gue bunuh lo",
    ),
    "en": ("moron*", "idiot", "idiots", "scumbag*", "bastard*", "imbecile*"),
    "de": ("idiot", "idioten", "vollidiot*", "drecksau*", "penner", "schlampe*", "spast*", "scheiß*", "scheiss*"),
    "zh-hans": ("白痴", "混蛋", "滚蛋", "脑残", "弱智", "骗子公司"),
    "id": ("anjing kau", "anjing lu", "goblok*", "tolol*", "kampret*", "monyet kau", "babi lu"),
    "pt-br": ("idiota", "idiotas", "babaca*", "imbecil", "imbecis", "vagabund*", "desgraçad*", "corno*", "merda*", "porra", "puta"),
}  # fmt: skip
