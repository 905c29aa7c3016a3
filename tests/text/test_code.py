"""Programs, logs and remains of markup are told from prose by their signs."""

from __future__ import annotations

import time

import pytest

from realsyn_tasks.text.code import is_code

CODE = r"""
for line in open("boats.txt"): print(line) # show the boats if line.startswith("a"): return line
SELECT name FROM boats WHERE length > 12 ORDER BY name;
function sail(boat) { return boat.leave(harbour); }
$ sudo apt-get install boats && make build
if (x > 3) { y = 4; }
const boat = new Boat("red");
let total = items.reduce((a, b) => a + b, 0);
def sail(self, boat): return self.harbour
public static void main(String[] args)
int count = 0;
x = np.zeros((3, 4))
print("The boat sails across the bay")
<div class="boat">The boat sails</div>
The boat {{ boat.name }} sails across the bay.
Hello ${user.name}, welcome to the harbour.
2024-03-01 12:00:01,123 INFO boat.server Started the boat in 3 seconds
[INFO] 2024-03-01 12:00:01 Boat server started
Mar  1 12:00:01 harbour sshd[1234]: Accepted key for boat
ERROR: could not open file /var/log/boat.log: no such file
Traceback (most recent call last):
Exception in thread "main" java.lang.NullPointerException
at com.boat.Harbour.sail(Harbour.java:42)
127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /boat.gif HTTP/1.0" 200 2326
{"name": "boat", "colour": "red"}
boat.name = "red"; boat.length = 12;
.boat { color: red; width: 12px; }
color: #ff0000; background: url(boat.png);
git commit -m "fix the boat" --no-verify
pip install --upgrade boats
cd /home/boat/src && ls -la
#include <stdio.h>
import numpy as np
from boats import Harbour
export PATH=/usr/local/bin:$PATH
E = mc^2 where \frac{a}{b} is the ratio
var boatName = getBoatName(harbourId);
return harbour.getBoats().filter(isRed);
boat_count += 1
while True: sail(boat)
foreach ($boats as $boat) { echo $boat; }
UPDATE boats SET colour = 'red' WHERE id = 3;
INSERT INTO boats VALUES (1, 'red');
The boat sails\nacross the bay.
[caption id="x"]The boat sails across the bay.[/caption]
![a boat](boat.jpg) The boat sails across the bay.
user_id=12 session_id=abcdef action=login
GET /boats/12?colour=red HTTP/1.1
C:\Program Files\Boat\boat.exe was not found
boat@harbour:~$ ls -l
>>> print("boat")
#!/bin/bash
kernel: [12345.678] usb 1-1: new device found
Uncaught TypeError: boat is not a function
boat = Boat.new(:red)
fn main() { println!("boat"); }
echo "boat" > /tmp/boat.txt
docker run -d --name boat -p 80:80 boat:latest
npm ERR! code ELIFECYCLE npm ERR! errno 1
{% for boat in boats %} {{ boat }} {% endfor %}
<?php echo $boat; ?>
&lt;p&gt;The boat&lt;/p&gt;
boats.map(b => b.name)
switch (boat) { case "red": sail(); }
std::vector<int> boats;
printf("%d boats\n", count);
assert boat.colour == "red"
if boat is None: return
"boat": 12, "length": 3
getElementById("boat").style.display = "none"
status: 404, message: "boat not found"
chmod +x boat.sh && ./boat.sh
192.168.0.1 - boat [10/Oct/2000:13:55:36] "POST /sail"
Boat.prototype.sail = function() {}
@Override public void sail()
try: sail() except Error: pass
x += boat[i] * 2
ALTER TABLE boats ADD COLUMN colour text
""".strip().splitlines()
PROSE = r"""
The team builds the shop with ASP.NET and tests it each night.
The app runs on Node.js and opens a window.
The boat(s) left the harbour at 12:30.
The iPhone and the eBay page were shown in YouTube videos.
The ship (built in 1850) sank [according to Smith] near the pier.
The ratio is 3/4, and the sum x + y is 12.
He said: "We go; we must." She nodded.
Class A boats sail; class B boats do not.
The M&S store sells AT&T phones for $12 and £5.
In the film, for the boat in it is red; it sinks.
The price is $3.50 per lb. and 50% off.
The woman/man ratio was 1:2 in 2010-2012.
Import duties rose by 5% in May.
From Paris he took the train to Rome.
The C# and C++ languages are old, as is F#.
The TCP/IP protocol runs on Linux/Unix.
At 10:15:30 the rocket left the pad.
WARNING: The floor is wet near the pool.
If (as some say) the king died, nobody mourned.
The area is a = 5 m² in the sketch.
The gene lacZ and the mRNA are read by the ribosome.
See figure 3(a) and table 2(b) for the heights.
The function f(x) grows with x.
While the boat sails, the crew sleeps.
The Smith & Sons pub is on Main St. #5.
A *very* old house stands there.
The temperature is -5 °C; it is cold.
The painter signed it "J.M.W. Turner, 1840".
The date/time was wrong: 2010-03-04.
The robot R2-D2 rolls; C-3PO walks.
On 2010-03-04 12:30 the eclipse began over the bay.
The McDonald's sign hangs over the door.
He wrote to the editor of the Times [sic] in 1890.
They let x be the height of the tower.
The "Santa Maria": three masts, 62 ft.; lost in 1492.
The int'l airport opened in 1950.
He returned; the crew was gone.
The colour is #1 in the list.
The house at 12/14 Oak St. burned.
Roses, tulips & lilies grow along the path.
The wolf -- a grey one -- waits.
Mr. O'Brien's dog (a Labrador) sleeps in the sun.
The and/or rule is old.
The H₂O molecule, CO₂ and 10⁸ m² are shown.
The photo shows the 1:24,000 map of the bay.
His e-mail said "hello" and no more.
The file boat.txt holds the names of the crew.
The boats sail <10 km from the coast and >5 km from the reef.
The line y = x runs through the middle.
The band AC/DC played at the harbour.
""".strip().splitlines()


def test_programs_and_logs_are_told() -> None:
    told = [text for text in CODE if is_code(text)]
    assert len(told) >= 0.9 * len(CODE)


@pytest.mark.parametrize("name", ["boat", "harbour_master", "x", "theCrew"])
def test_whatever_the_names_in_it_are(name: str) -> None:
    for form in (
        "if ({0} > 3) {{ sail({0}); }}",
        "const {0} = new Boat();",
        "def sail({0}): return {0}.leave()",
        "SELECT {0} FROM boats WHERE id = 3",
        "<b>{0}</b> sails",
        "Hello {{{{ {0} }}}}, welcome",
        "Hello ${{{0}}}, welcome",
        '{{"{0}": 12, "crew": [1, 2]}}',
        "2024-03-01 12:00:01,123 [INFO] {0} started",
        "/var/log/{0}.log --verbose",
    ):
        assert is_code(form.format(name)), form


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_no_code(text: str) -> None:
    assert not is_code(text)


@pytest.mark.parametrize("text", ["(a", "SELECT ", "{ ", "[ ", "<a ", "a_", "a.b", "a: ", "if ("])
def test_looking_takes_bounded_time(text: str) -> None:
    start = time.process_time()
    is_code(text * 200_000)
    assert time.process_time() - start < 1
