"""Paragraphs with their sentences, written for the splitter: "¦" stands where a sentence ends.

CASES are those by which its rules were made; HELD_OUT were written before them and looked at only
to count. A blank beside a mark is the text's own; without one, the text lacks it.
"""

from __future__ import annotations

CASES = """
Dr. Brown met Mr. Lee near St. Mary's Church. ¦They crossed the bridge.
Mrs. Hall and Ms. Gray sang. ¦Prof. Stone listened.
Gen. Lee spoke to Capt. Cook on the deck. ¦Lt. Park took notes.
The Rev. John Hale opened the door. ¦Nobody came in.
Sen. Smith and Gov. Jones shook hands. ¦The crowd cheered.
He climbed Mt. Everest in May. ¦She waited at Ft. Worth.
Martin Luther King Jr. spoke here. ¦Thousands came.
The U.S. Army built the bridge in 1944. ¦It spans 1.5 km of water.
He moved to the U.S. ¦His brother stayed behind.
They live in the U.K. and work in the E.U. most of the year.
She flew to Washington, D.C. ¦The weather was fine.
Washington, D.C. is hot in August. ¦Everybody leaves.
They met at 5 p.m. on Monday. ¦The shop was shut.
The ferry leaves at 7 a.m. ¦It returns at noon.
The ferry leaves at 7 a.m. and returns at 6 p.m. ¦Tickets cost 5 euros.
Fig. 3 shows a boat near the pier. ¦See also Sec. 2.1 of the book.
Figs. 2 and 3 show the tower. ¦Eq. 4 gives its height.
As Eq. (5) shows, the sum is small. ¦We use it below.
See vol. 3, no. 2, pp. 14-20 for details. ¦It is long.
No. 5 is the best one. ¦No. 6 is not.
Is that all? ¦No. ¦There is more.
The answer is no. ¦She left the room.
The frog (Rana sp.) lives in ponds, e.g. near the lake. ¦It eats approx. 20 flies a day.
Oak (Quercus spp.) and E. coli are studied here. ¦T. rex is not.
The bacterium E. coli grows fast. ¦So does S. aureus.
Add 2 tbsp. of oil and 1 tsp. salt. ¦Stir well.
Add 1 tsp. ¦Stir until smooth.
The sack weighs 50 lbs. and is 3 ft. long. ¦Nobody lifts it.
The bag holds approx. 3 kg. ¦It is blue.
It was built c. 1200 by King Olaf. ¦The roof burned in 1650.
It was built ca. 1450 and est. to hold 300 people. ¦It still stands.
Prof. Gray et al. describe the fish in vol. 3 of the report. ¦They saw it once.
Gray et al. (2010) saw it first. ¦Others followed.
J. K. Smith and A. B. Jones painted the wall. ¦It took a week.
J.R.R. Tolkien wrote it. ¦C. S. Lewis read it.
George W. Bush spoke. ¦Harry S. Truman did not.
Vitamin C. is spelled without a stop here. ¦Nobody cares.
This is plan B. ¦It works better than plan A. ¦Try it.
He got a grade of A. ¦She was proud.
The company Foo Inc. sells boats. ¦The shop Bar Ltd. lends them.
He works for Foo Inc. ¦She works for Bar Co. ¦They met at lunch.
The Smith Bros. circus came to town. ¦Children ran after it.
Boats, ships, etc. were in the harbour. ¦All were old.
They sell rope, nails, etc. ¦The shop opens at nine.
Use a soft cloth, i.e. cotton. ¦Do not press.
Some animals, e.g. dogs, bark. ¦Cats do not.
Red vs. blue was the game. ¦Blue won.
Smith v. Jones was heard in May. ¦The court ruled at once.
Cf. chapter 2 for more. ¦It explains the rule.
The temple of King Olaf II. stands there.
She arrived on Jan. 5 and left on Feb. 11. ¦March was quiet.
It rained from Mon. to Wed. and on Sun. ¦Then it stopped.
He lived at 12 Oak St. in Boston. ¦The house is gone.
He lives on Main St. ¦She lives on Oak Ave. ¦Both are old.
The team builds the shop with ASP.NET and tests it each night. ¦It works.
The app runs on Node.js and opens a window. ¦It closes again.
She wrote it in VB.NET in 2003. ¦It still runs.
The .NET tools are free. ¦They are large.
They booked it on Booking.com last week. ¦It was cheap.
Open readme.txt and read it. ¦Then close it.
Version 2.0.1.5 of the program draws the map. ¦Version 2.1 does not.
Python 3.11 is fast. ¦Python 2.7 was not.
The price rose by 3.5 percent. ¦It fell again to $2.50 later.
The price is $2. ¦That is cheap.
There were 45. ¦Only 3 came back.
It happened in 1990. ¦Nobody saw it.
It happened in 1990.¦Nobody saw it.
The boat left the harbour.¦It sailed across the bay.¦Then it returned.
The shop sells fish.¦Us locals buy it there every day.
The crew waved from the deck.¦In the evening they sang.
Why did he go?¦She never asked.
What a day!¦Everybody was wet.
He left (at last).¦She stayed.
"He left."¦She stayed in the old house.
The road ends here.[3] ¦The forest begins.
The castle was built in 1850.[1][2] ¦A bridge crosses the moat.[3]
1. Fill the bucket with sand. ¦2. Carry the bucket to the wall. ¦3. Empty it there.
1) Fill the bucket. ¦2) Carry it away.
a. Open the box. ¦b. Close the box.
Step 1. Open the box. ¦Step 2. Close it.
Chapter 4. The boat leaves the harbour at dawn.
He said "Stop the boat!" and waved. ¦"Why?" she asked him quietly.
"Stop!" he cried. ¦Nobody moved.
"Stop!" ¦He ran after them.
“The boat sails tonight,” said the captain. ¦‘We follow,’ said the mate.
“The boat sails.” ¦The captain smiled. ¦“At last!”
“Is it late?” asked the man. ¦“It is,” said the boy.
“Is it late?” the man asked. ¦Nobody knew.
She asked, “Where is it?” and left. ¦He slept.
The sign reads: «The boat leaves at noon». ¦The crew reads it.
He said: "We go." ¦She nodded.
He said: "We go. We must go now." ¦She nodded.
"We go. We must go now," he said. ¦She nodded.
She wrote (see Fig. 2.) and drew. ¦It was good.
(The door is shut.) ¦Nobody enters.
The door is shut (it always is!). ¦Nobody enters.
He won (twice!) and left. ¦She lost.
He waited ... and waited. ¦Nothing came.
He waited... ¦Then he left.
He waited… ¦Then he left.
"Well..." he said. ¦She laughed.
Wait... what was that? ¦A bird.
What?! ¦He did not know.
Really?? ¦Yes!!! ¦It is true.
Yahoo! is a company. ¦Google is another.
Jeopardy! was on at six. ¦They watched it.
The band Panic! at the Disco played. ¦It was loud.
He holds a Ph.D. in physics. ¦She holds an M.D. from Yale.
She has a Ph.D. ¦He has none.
It was in 300 B.C. and not in 200 A.D. as they thought. ¦The coin proves it.
It was in 300 B.C. ¦The coin proves it.
The temp. was 20 deg. C. at noon. ¦It fell later.
The max. speed is 50 km/h and the min. speed 5. ¦Go slow.
The dept. of art is closed. ¦It opens in May.
Call the dept. of art on Mon. or Tue. at noon. ¦Ask for Jo.
The museum (est. 1890) is small. ¦It has 3 rooms.
The iPhone sold well. ¦eBay did too.
See p. 14 and pp. 20-22. ¦The rest is dull.
It costs 20 c. ¦That is cheap.
The river is 3 km. long. ¦It is cold.
Turn left at Oak Blvd. and go on. ¦The church is on the right.
The 2nd ed. of the book appeared in 1910. ¦The 3rd did not.
Smith (ed.) wrote it. ¦Jones read it.
The bird, var. alba, is white. ¦It sings.
The star, approx. 4.2 light years off, is dim. ¦We see it.
In Sect. 3.2 we show this. ¦In App. A we prove it.
It lies at lat. 48.8566 and long. 2.3522 on the map. ¦Go there.
Sgt. Pepper's band played. ¦Col. Mustard sat down.
The Hon. Judge Black entered. ¦All rose.
St. Petersburg is cold. ¦So is St. Paul.
At St. Andrews they play golf. ¦It rains.
Ask Messrs. Hall and Hill. ¦They know.
The app v. 2.3 works. ¦It is new.
M. Dupont lives in Paris. ¦Mme. Dupont lives in Nice.
The Cie. des Bateaux sold it. ¦It sank.
The mountain is 8,848.86 m high. ¦Few climb it.
The ratio was 1:2. ¦It is now 1:3.
The meeting is at 10.30. ¦Be there.
It weighs 5 oz. and costs 3 dollars. ¦Buy it.
He is 6 ft. tall. ¦She is 5 ft. 3 in. tall.
The rope is 10 ft. ¦The pole is 5 ft. ¦Both fit.
Red boats carry fish; blue boats carry crates: both float. ¦Good.
The end
The boat leaves at noon
Boats sail. ¦boats sink. ¦Boats float.
He came at 5. ¦She came at 6.
He scored 5. ¦5 more followed.
Room No. 7 is free. ¦Room 8 is not.
Is it No. 7? ¦It is.
The Op. 27 sonata was played. ¦Nobody clapped.
Beethoven's Symphony No. 5 in C minor, Op. 67, begins. ¦Silence fell.
Art. 5 of the law says so. ¦Art. 6 does not.
The ship (U.S.S. Hornet) sank. ¦The crew swam.
The U.S. is large. ¦The U.N. is not a state.
The U.N. Security Council met. ¦It sat till dawn.
In the U.S. President Ford signed it. ¦Congress agreed.
Alexander Jr. and Bob Sr. fished. ¦They caught a trout.
Mr. and Mrs. Hall came. ¦Mr. Hall sat down.
Dr. J. Smith, M.D., came. ¦He stayed.
The St. Louis team won. ¦The St. Paul team lost.
The soup needs 1 c. milk, 2 T. butter and 1 t. salt. ¦Stir.
The film was dull (cf. Smith 2001). ¦The book was not.
The tree is tall. ¦(The bush is not.) ¦Both are green.
The boat's name is "S.S. Minnow." ¦It is white.
Add the butter, sugar, etc. ¦Mix them well.
See e.g. Smith. ¦He explains it.
See i.a. Hall and Hill. ¦They explain it.
I am cold. ¦I want tea.
You and I. ¦That is all.
So did I. ¦He laughed.
It was World War I. ¦Nobody won.
Elizabeth I. ¦The queen died in 1603.
King Henry VIII. had six wives. ¦One survived.
The app opens www.example.org at once. ¦It closes it later.
Mail to jane.doe@example.org now. ¦She answers.
The file main.c is short. ¦The file main.h is shorter.
In chap. 3 he dies. ¦In chap. 4 he lives.
The fish was caught 3 mi. off the coast. ¦It was big.
Approx. 30 people came. ¦Most stayed.
The Gulf of Mexico, incl. Cuba, is warm. ¦The sea is blue.
The tower (ht. 30 m) fell. ¦Nobody was hurt.
The wall is 2 m. ¦The moat is 3 m. ¦Go.
The king's tower fell.² ¦The queen left.
The river is 1½ miles wide. ¦The lake is 10⁸ m² large.
Water is H₂O. ¦Salt is NaCl.
He paid £5. ¦She paid €6. ¦It was too much.
"Who's there?" ¦"It's me." ¦The door opened.
She said ‘no.’ ¦He said ‘yes.’ ¦They argued.
The word “boat.” ends oddly here.
We saw it, too! ¦(So did they.)
He asked why? and left.
It is in Mass. and in Conn. but not in Fla. ¦Look there.
They sailed from Calif. to Ore. in May. ¦The sea was calm.
Acme Corp. bought it. ¦Acme Corp. ¦It sold it again.
The Univ. of Oslo is old. ¦The Inst. of Art is new.
""".strip().splitlines()

HELD_OUT = """
Capt. Nora Blythe and Sgt. Abel Moss rode north. ¦Their horses were tired.
A painting by Jan van Eyck hangs there. ¦It dates from c. 1434 and measures 82 x 60 cm.
The recipe calls for 3 tbsp. flour, 1 tsp. vanilla and 2 lbs. apples. ¦Bake it.
Bake for 40 min. ¦Let it cool.
Lake Geneva lies in Switzerland.¦Mont Blanc rises south of it.¦Its peak is white.
Is the gallery open?¦Yes, until 6 p.m. every day.
The gallery closes at 6 p.m. ¦Guards lock the doors.
See Figs. 4a and 4b. ¦The beetle (Carabus sp.) is black.
The genus Rosa L. has 300 species. ¦Most come from Asia.
The site runs on Vue.js and ASP.NET Core. ¦It was rewritten in Rust.
Socket.io and Next.js are libraries. ¦Both are popular.
We ate at St. John's. ¦The soup was cold.
On Sept. 3 the fleet left; by Oct. 9 it was back. ¦No ship was lost.
Sir Arthur C. Clarke lived in Sri Lanka. ¦He dived often.
A. A. Milne created Pooh. ¦E. H. Shepard drew him.
She studied at the Univ. of Texas at Austin. ¦She graduated in 1987.
The firm, Brown & Co., made clocks. ¦It closed in 1931.
He joined Brown & Co. ¦He left a year later.
“Look at the sea!” cried Tom. ¦“It is green.”
“Look at the sea!” ¦Tom pointed west.
"Is this yours?" she asked. ¦He shook his head.
He shouted, "Fire!" ¦Everyone ran.
The guide said: “Mind your head. The door is low.” ¦We bowed.
The hall (built in 1902!) burned down. ¦A school stands there now.
(Photo taken in 1950.) ¦The pier is longer today.
The engine, type 10.1.2.3, was replaced. ¦The new one is quieter.
Section 4.2.1 covers ropes. ¦Section 5 covers sails.
Pi is about 3.14159. ¦It never ends.
The boat cost $1.2 million. ¦It sank in a week.
The lake is 1,250.5 ha large. ¦Swans nest on it.
1. Preheat the oven. ¦2. Mix flour and eggs. ¦3. Bake for an hour.
A) Boats float. ¦B) Stones sink.
The train stopped... nobody got off. ¦The guard whistled.
And then... ¦The lights went out.
Hm… ¦Perhaps it was the wind.
Who goes there?! ¦Nobody answered.
We want bread!!! ¦Crowds shouted all day.
The coins are from 44 B.C. and bear his face. ¦They are rare.
He came from Portland, Ore. and settled in Maine. ¦There he built boats.
Rembrandt (1606-1669) et al. painted it. ¦The canvas is large.
Prices vs. wages is the theme. ¦The talk was long.
The dam, i.e. the lower one, broke. ¦Fields were flooded.
Bring food, water, etc. and a tent. ¦Nights are cold.
Bring food, water, etc. ¦The nights are cold.
Mr. T. Jones and Mrs. P. Hale danced. ¦The band played on.
The U.S. Navy sent two ships. ¦The U.K. sent one.
He returned to the U.S. ¦She stayed in France.
She has a Ph.D. from M.I.T. and teaches. ¦Her students like her.
The Roman VII. legion camped here. ¦Tiles bear its stamp.
The paint is lead-free.¦It dries in two hours.
The tower leans.2 ¦It was built on sand.
The tide rises twice a day.[12] ¦Fishermen know the hours.
Vol. 2 deals with birds. ¦Vol. 3 deals with fish.
The 4th ed. has maps. ¦The 5th has none.
Go to example.com and look. ¦It is a plain page.
Yahoo! bought it in 2013. ¦Verizon sold it.
Adm. Nelson lost an arm. ¦He kept his ship.
The horse weighs 900 lbs. ¦It eats hay.
Walk down Elm St. to the mill. ¦Turn right there.
Walk down Elm St. ¦Turn right at the mill.
What is love? ¦Baby, do not hurt me.
He is Dr. Who. ¦She is not.
Do you know Dr. No? ¦I do.
The answer was "No." ¦He sighed.
Plan A failed. ¦Plan B. worked by luck.
Temperatures reach 40 °C. ¦Snakes hide in the shade.
The area is 5 km². ¦The volume is 2 m³.
Carbon (C) burns. ¦Helium (He) does not.
It opens Mon. through Fri. from 9 a.m. to 5 p.m. ¦Entry is free.
We thank Dr. A. Weiss for help. ¦All errors are ours.
The title is Who's Afraid of Virginia Woolf? and it is a play. ¦Albee wrote it.
They sell "Dr. Pepper" and tea. ¦I took tea.
The N. wall fell. ¦The S. wall stands.
The Rt. Hon. John Major spoke. ¦Nobody listened.
Est. pop. is 3,000. ¦Most fish for a living.
No. ¦He did not.
There were no. 4 and no. 5 on the list. ¦Both were red.
The bridge was finished in Dec. 1932. ¦It carries trams.
The bridge was finished in Dec. ¦Trams have crossed it since.
It was 5 o'clock. ¦The bells rang.
""".strip().splitlines()
